import { createIdentity } from "@commonhold/p2p/identity.ts";
import { openPeerHost } from "@commonhold/p2p/open-peer-host.ts";
import { expect, it } from "vitest";
import type { HostRequest } from "../node-deps.ts";
import { eventually } from "../testing/eventually.ts";
import { NodeWorld } from "../testing/node-world.ts";
import { silentLogger } from "../testing/open-test-store.ts";
import { readCredentials } from "./credentials.ts";

it("a node starts again after somebody on the way put malformed addresses into an answer", async () => {
  const world = await NodeWorld.create();
  const { peerId } = world.identity;
  const good = "/ip4/192.0.2.1/tcp/4001";
  const anothers = `/ip4/192.0.2.1/tcp/1/p2p/${createIdentity().peerId}`;
  const addresses = ["garbage", "/ip4/999.1.1.1/tcp/1", "/nothing/x", "", anothers, good];
  world.answer({ coordinator: { peer_id: peerId, addresses } });
  await world.init();
  const first = await world.start();
  const kept = async () => (await readCredentials(world.folder)).coordinator.addresses;
  await eventually(kept).toContain(good);
  await first.stop();
  const asked: HostRequest[] = [];
  const openHost = (request: HostRequest) => {
    asked.push(request);
    return world.deps.openHost(request);
  };
  await world.start({ openHost });
  const { bootstrap } = asked[0]!;
  expect(bootstrap).toEqual([good]);
  const options = { listen: ["/ip4/127.0.0.1/tcp/0"], bootstrap, members: new Set([peerId]) };
  const host = await openPeerHost({ identity: createIdentity(), logger: silentLogger }, options);
  await host.stop(0);
});
