import { describe, expect, it } from "vitest";
import type { AnyCommand } from "../command.ts";
import { createPayloadCheck } from "./check-payload.ts";
import { commands } from "./registry.ts";

const named: readonly (readonly [string, AnyCommand])[] = Object.entries(commands);

describe("the registry of commands", () => {
  it.each(named)("has %s under its own name", (name, command) => {
    expect(command.name).toBe(name);
  });

  it.each(named)("refuses an empty payload for %s by naming a field", (name) => {
    expect(() => createPayloadCheck(commands)(name, {})).toThrow(/the payload must have required propert/);
  });
});
