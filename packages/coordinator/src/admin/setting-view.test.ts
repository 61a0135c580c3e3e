import { expect, it } from "vitest";
import { settingView } from "./admin-schemas.ts";

it.each([
  ["https://ada:s3cret@storage.example.org/x@y", "https://…@storage.example.org/x@y"],
  ["https://storage.example.org", "https://storage.example.org"],
  ["ada@example.org", "ada@example.org"],
])("%s is shown as %s", (value, shown) => {
  const origin = { kind: "environment", where: "COMMONHOLD_COORDINATOR_HTTP_PUBLIC_URL" } as const;
  expect(settingView({ name: "http.public_url", value, origin, description: "Where." })).toEqual({
    name: "http.public_url",
    value: shown,
    source: "environment",
    where: "COMMONHOLD_COORDINATOR_HTTP_PUBLIC_URL",
    description: "Where.",
  });
});
