import { create } from "@bufbuild/protobuf";
import { AppError } from "@commonhold/core/app-error.ts";
import { describe, expect, it } from "vitest";
import { StatusSchema } from "./gen/commonhold_pb.ts";
import { OK_STATUS, requireOk, statusOf } from "./status.ts";

describe("status", () => {
  it("brings an AppError to the other side as it was", () => {
    const status = create(StatusSchema, statusOf(new AppError("NODE_DRAINING", "this node is draining")));
    expect(() => requireOk(status)).toThrow(new AppError("NODE_DRAINING", "this node is draining"));
  });

  it("says nothing about other errors, keeps messages short and well-formed", () => {
    expect(statusOf(new TypeError("secret"))).toMatchObject({ code: "INTERNAL" });
    expect(statusOf(new TypeError("secret")).message).not.toContain("secret");
    const { message } = statusOf(new AppError("NO_SPACE", `${"x".repeat(999)}😀`));
    expect(message).toHaveLength(1000);
    expect(message.isWellFormed()).toBe(true);
  });

  it("takes an unknown code for INTERNAL and none for a protocol error", () => {
    expect(() => requireOk(create(StatusSchema, { code: "FROM_THE_FUTURE", message: "m" }))).toThrow(
      expect.objectContaining({ code: "INTERNAL", message: "m" }),
    );
    for (const status of [undefined, create(StatusSchema)]) {
      expect(() => requireOk(status)).toThrow(expect.objectContaining({ code: "PROTOCOL_ERROR" }));
    }
    requireOk(create(StatusSchema, OK_STATUS));
  });
});
