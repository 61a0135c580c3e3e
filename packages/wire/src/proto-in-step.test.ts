import { readFileSync } from "node:fs";
import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { file_commonhold } from "./gen/commonhold_pb.ts";

/** Every field as the .proto writes it, "repeated bytes path = 3", by message. */
type Messages = Readonly<Record<string, readonly string[]>>;

function messagesOfProto(proto: string): Messages {
  const code = proto.replaceAll(/\/\/.*$/gm, "");
  const messages = code.matchAll(/^message\s+(\w+)\s*\{([^}]*)\}/gm);
  return Object.fromEntries(
    [...messages].map(([, name = "", body = ""]) => {
      const fields = body.split(";").map((field) => field.trim().replaceAll(/\s+/g, " "));
      return [name, fields.filter((field) => field !== "")];
    }),
  );
}

function messagesOfDescriptor(messages: readonly DescMessage[]): Messages {
  return Object.fromEntries(messages.map((message) => [message.name, message.fields.map(fieldOfDescriptor)]));
}

function fieldOfDescriptor(field: DescField): string {
  const repeated = field.fieldKind === "list" ? "repeated " : "";
  const type = field.message?.name ?? field.enum?.name ?? ScalarType[field.scalar ?? 0]?.toLowerCase();
  return `${repeated}${type} ${field.name} = ${field.number}`;
}

it("the generated code is that of commonhold.proto (mend: npm run proto)", () => {
  const proto = readFileSync(new URL("../proto/commonhold.proto", import.meta.url), "utf8");
  const written = messagesOfProto(proto);
  expect(written["SignedGrant"]).toEqual(["bytes grant = 1", "bytes signature = 2"]);
  expect(Object.keys(written)).toHaveLength([...proto.matchAll(/\bmessage\s+\w+\s*\{/g)].length);
  expect(messagesOfDescriptor(file_commonhold.messages)).toEqual(written);
});
