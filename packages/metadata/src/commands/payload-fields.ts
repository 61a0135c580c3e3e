import { PRIORITIES } from "@commonhold/core/priority.ts";
import Type, { type TProperties } from "typebox";

/** How many chunks one command changes at most, so that it never blocks what waits behind it for long. */
export const NAMES_MAX = 500;

/** Fields that payloads of commands are made of. A payload with a field that its command does not know is refused. */
export const payloadOf = <Properties extends TProperties>(properties: Properties) =>
  Type.Object(properties, { additionalProperties: false });

export const Id = Type.String({ pattern: "^[A-Za-z0-9_-]{1,128}$" });
export const Name = Type.String({ minLength: 1, maxLength: 256 });
/** SHA-256 of a secret that is never stored itself, hex. */
export const SecretHash = Type.String({ pattern: "^[0-9a-f]{64}$" });
export const TimeMs = Type.Integer({ minimum: 0 });
export const ByteCount = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
/** Decimal text of whole micro-credits, below 10¹⁸. */
export const MicroCredits = Type.String({ pattern: "^(0|[1-9][0-9]{0,17})$" });
/** Decimal text of byte-milliseconds, below 10³⁰. */
export const ByteMs = Type.String({ pattern: "^(0|[1-9][0-9]{0,29})$" });
/** A UTC day, "2026-01-31". */
export const Day = Type.String({ pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" });
/** "2026-01" */
export const Month = Type.String({ pattern: "^[0-9]{4}-(0[1-9]|1[0-2])$" });
/** 16 bytes, hex. */
export const ChallengeId = Type.String({ pattern: "^[0-9a-f]{32}$" });
/** 32 bytes, hex. */
export const Hex32Bytes = Type.String({ pattern: "^[0-9a-f]{64}$" });
/** How many lines of accounts one command takes at most. */
export const LINES_MAX = 200;
/** How many rows a purge takes at most, so that it never blocks what waits behind it for long. */
export const RowLimit = Type.Integer({ minimum: 1, maximum: 10_000 });
export const ChunkNameText = Type.String({ pattern: "^[0-9a-f]{64}$" });
export const ChunkNames = Type.Array(ChunkNameText, { maxItems: NAMES_MAX });
/** Under which copies were sent; null where it is not known: then any deletion is later. */
export const StoreEpoch = Type.Union([Type.Null(), Type.Integer({ minimum: 0 })]);
/** Higher than that of every store before it. */
export const DeletionEpoch = Type.Integer({ minimum: 1 });
export const PriorityName = Type.Enum(PRIORITIES);
