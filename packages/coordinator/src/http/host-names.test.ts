import { expect, it } from "vitest";
import { hostNamesOf } from "./host-names.ts";

it("are the configured ones and the machine's", () => {
  const http = { host: "cellar", public_url: "https://storage.example.org:8443/x", allowed_hosts: ["a.example"] };
  const machine = ["box.example.org", "box", "box.local"];
  expect(hostNamesOf(http, "box.example.org")).toEqual(["cellar", ...machine, "storage.example.org", "a.example"]);
});

it("do without a public URL, or with one that is none", () => {
  const names = ["127.0.0.1", "box", "box", "box.local"];
  expect(hostNamesOf({ host: "127.0.0.1", allowed_hosts: [] }, "box")).toEqual(names);
  expect(hostNamesOf({ host: "127.0.0.1", public_url: "http://[", allowed_hosts: [] }, "box")).toEqual(names);
});
