import { type ConnectionOptions, connect } from "node:tls";
import { createLogger } from "@commonhold/runtime/logger.ts";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createIdentity } from "../identity.ts";
import { openPeerHost } from "../open-peer-host.ts";
import type { PeerHost } from "../peer-host.ts";
import { createLaneTlsOptions, LANE_ALPN, type LaneTlsOptions } from "./lane-certificate.ts";
import { FRAME_TYPE, type FrameType, frameHeader } from "./lane-frame.ts";

const PROTOCOL = "/test/answer";
const ANSWER = "an answer for members";
const member = createIdentity();

let host: PeerHost;
let port: number;
let memberTls: LaneTlsOptions;
let strangerTls: LaneTlsOptions;

beforeAll(async () => {
  memberTls = await createLaneTlsOptions(member);
  strangerTls = await createLaneTlsOptions(createIdentity());
  host = await openPeerHost(
    { identity: createIdentity(), logger: createLogger({ level: "silent", name: "test" }) },
    { listen: ["/ip4/127.0.0.1/tcp/0/tls"], bootstrap: [], members: new Set([member.peerId]) },
  );
  const limits = { timeoutMs: 10_000, concurrentPerPeerMax: 5, concurrentMax: 5 };
  await host.handle(PROTOCOL, ({ stream }) => stream.write(Buffer.from(ANSWER)), limits);
  port = Number(/\/tcp\/(\d+)\/tls/.exec(host.addresses()[0] ?? "")?.[1]);
});
afterAll(() => host.stop(0));

const frame = (type: FrameType, text = ""): Buffer =>
  Buffer.concat([frameHeader(type, text.length), Buffer.from(text)]);
const REQUEST = Buffer.concat([frame(FRAME_TYPE.hello), frame(FRAME_TYPE.open, PROTOCOL), frame(FRAME_TYPE.end)]);

/** What the host sends to whoever connects so and asks, until the answer is there or the connection has ended. */
function ask(
  options: ConnectionOptions,
  request: Buffer = REQUEST,
): Promise<{ answer: string; session: Buffer | undefined }> {
  const { promise, resolve } = Promise.withResolvers<{ answer: string; session: Buffer | undefined }>();
  let answer = "";
  let session: Buffer | undefined;
  const socket = connect({
    host: "127.0.0.1",
    port,
    rejectUnauthorized: false,
    ALPNProtocols: [LANE_ALPN],
    ...options,
  });
  socket.on("secureConnect", () => socket.write(request));
  socket.on("session", (ticket) => {
    session = ticket;
  });
  socket.on("data", (bytes) => {
    answer += bytes.toString("latin1");
    if (answer.includes(ANSWER)) socket.destroy();
  });
  socket.on("error", () => undefined);
  socket.on("close", () => resolve({ answer, session }));
  return promise;
}

const identityOf = ({ cert, key }: LaneTlsOptions): ConnectionOptions => ({ cert, key });

it("a member gets its answer", async () => {
  expect((await ask(identityOf(memberTls))).answer).toContain(ANSWER);
});

it.each<[string, () => ConnectionOptions]>([
  ["no certificate", () => ({})],
  ["the certificate of a stranger", () => identityOf(strangerTls)],
  ["a member's certificate over TLS 1.2", () => ({ ...identityOf(memberTls), maxVersion: "TLSv1.2" })],
  ["a member's certificate for no protocol", () => ({ ...identityOf(memberTls), ALPNProtocols: [] })],
  ["a member's certificate for another protocol", () => ({ ...identityOf(memberTls), ALPNProtocols: ["h2"] })],
])("who shows %s is told nothing", async (_, options) => {
  expect((await ask(options())).answer).toBe("");
});

it("a member's session is no admission for who has no certificate", async () => {
  const { session } = await ask(identityOf(memberTls));
  expect(session).toBeDefined();
  expect((await ask({ session: session! })).answer).toBe("");
});

it("a frame that announces 4 GiB ends the connection", async () => {
  const header = Buffer.from([FRAME_TYPE.hello, 255, 255, 255, 255]);
  expect((await ask(identityOf(memberTls), header)).answer).not.toContain(ANSWER);
  expect((await ask(identityOf(memberTls))).answer).toContain(ANSWER);
});
