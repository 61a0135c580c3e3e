import { NODE_STATUSES, type NodeStatus } from "@commonhold/core/failure/node-status.ts";
import Type, { type Static } from "typebox";
import { LOST_MAX } from "../anti-entropy/loss-reports.ts";
import { NodeEarningsSchema } from "../credits/credit-balance.ts";
import type { UserPrincipal } from "../http/principal.ts";
import { Instant, instantText, PageQuery } from "../http/route-schema.ts";
import { dialableAddresses } from "./dialable-addresses.ts";
import type { NodeRecord } from "./node-record.ts";
import type { HeartbeatReport, RegistrationRequest } from "./node-service.ts";
import { ReputationSchema } from "./reputation-view.ts";

const MONTH_S = 30 * 24 * 3600;
const PEER_ID_EXAMPLE = "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp";

const Addresses = Type.Array(Type.String({ minLength: 1, maxLength: 512, pattern: "^/" }), {
  maxItems: 64,
  description:
    "Multiaddrs at which the node can be reached over TCP or UDP, relayed ones included; others are ignored.",
  examples: [["/ip4/192.0.2.7/tcp/4001"]],
});
const Bytes = (description: string) =>
  Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description, examples: [100_000_000_000] });

const reportFields = {
  addresses: Addresses,
  capacity_bytes: Bytes("What the node lends in all."),
  used_bytes: Bytes("What its chunks take."),
  free_bytes: Bytes("What it can still take."),
  version: Type.String({ maxLength: 64, examples: ["0.1.0"] }),
};

export const JoinTokenBody = Type.Object({
  uses: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1000, description: "How many nodes may join with it; 1 by default." }),
  ),
  expires_in_s: Type.Optional(
    Type.Integer({ minimum: 60, maximum: MONTH_S, description: "Seconds until it expires; a day by default." }),
  ),
});

export const JoinTokenSchema = Type.Object(
  {
    join_token: Type.String({ description: "Shown once." }),
    expires_at: Instant("After this it is refused."),
    uses: Type.Integer(),
    command: Type.String({ description: "Makes a node that joins with it." }),
  },
  { description: "The new join token." },
);

export const RegisterNodeBody = Type.Object({
  join_token: Type.String({ minLength: 1, maxLength: 512 }),
  name: Type.String({
    minLength: 1,
    maxLength: 64,
    pattern: "^[^\\u0000-\\u001f\\u007f]+$",
    title: "text of 1 to 64 printable characters",
    description: "What people call the node; no other node has it.",
    examples: ["attic"],
  }),
  peer_id: Type.String({ maxLength: 128, description: "Of the node's Ed25519 key.", examples: [PEER_ID_EXAMPLE] }),
  ...reportFields,
  labels: Type.Record(Type.String({ pattern: "^[A-Za-z0-9_.-]{1,64}$" }), Type.String({ maxLength: 256 }), {
    additionalProperties: false,
    maxProperties: 32,
    title: "an object of at most 32 names (letters, digits, _ . -) and texts",
    description: "Failure domains: network, site, power, and the operator's own. Replicas never share one.",
    examples: [{ site: "home", network: "isp-a" }],
  }),
  timestamp_ms: Type.Integer({
    minimum: 0,
    description: "The node's clock, milliseconds since 1970; within 5 minutes.",
  }),
  signature: Type.String({
    pattern: "^[A-Za-z0-9+/]{86}==$",
    title: "base64 of 64 bytes",
    description:
      'Ed25519, by the key of peer_id, over "commonhold register v1", join_token, peer_id and timestamp_ms as text, ' +
      "with a NUL byte between each two.",
  }),
});

export const HeartbeatBody = Type.Object({
  ...reportFields,
  chunk_count: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  draining: Type.Boolean({ description: "The node takes no more chunks." }),
  free_bytes_own: Type.Optional(Bytes("What it can still take of chunks of its own operator.")),
  wanted_free_bytes: Type.Optional(Bytes("What it holds over what it may hold.")),
  lost: Type.Optional(
    Type.Array(Type.String({ pattern: "^[0-9a-f]{64}$", title: "a chunk's name: 64 lower-case hex digits" }), {
      maxItems: LOST_MAX,
      description: "Chunks that it held and that are missing or damaged; once this is answered it may forget them.",
    }),
  ),
});

const Contact = Type.Object(
  { peer_id: Type.String(), addresses: Type.Array(Type.String()) },
  { description: "The coordinator as a peer: the only one whose grants the node obeys." },
);
const membershipFields = {
  coordinator: Contact,
  heartbeat_interval_ms: Type.Integer({ examples: [30_000] }),
  members: Type.Array(Type.String(), { description: "Peer ids of every node that is not banned." }),
};

export const RegistrationSchema = Type.Object(
  { node_id: Type.String(), api_key: Type.String({ description: "Shown once." }), ...membershipFields },
  { description: "The node is a member." },
);

const Status = Type.Enum([...NODE_STATUSES], { description: "How the node stands." });

export const HeartbeatAnswerSchema = Type.Object(
  {
    status: Status,
    ...membershipFields,
    credits: NodeEarningsSchema,
    drain: Type.Optional(
      Type.Object(
        {
          chunks_left: Type.Integer({ description: "Chunks that no other node stands in for yet." }),
          bytes_left: Type.Integer({ description: "Their size." }),
          waiting: Type.Array(
            Type.Object({
              reason: Type.Enum(
                [
                  "no_node_with_room",
                  "no_readable_copy",
                  "pinned_node_takes_nothing",
                  "repair_paused",
                  "repair_held_back",
                ],
                { description: "What keeps them from being copied now." },
              ),
              chunks: Type.Integer({ minimum: 1 }),
            }),
            { description: "How many of them wait, and for what." },
          ),
          safe_to_stop: Type.Boolean({ description: "Nothing is lost if the node is stopped now, for good." }),
        },
        { description: "Of a node that drains, or is drained." },
      ),
    ),
  },
  { description: "Heard." },
);

export const NodeSchema = Type.Object(
  {
    id: Type.String({ examples: [PEER_ID_EXAMPLE] }),
    name: Type.String(),
    status: Status,
    addresses: Type.Array(Type.String(), {
      description: "Shown to admins and to the node's operator; empty to others.",
    }),
    labels: Type.Record(Type.String(), Type.String()),
    capacity_bytes: Type.Integer(),
    used_bytes: Type.Integer(),
    free_bytes: Type.Integer(),
    chunk_count: Type.Integer(),
    last_heartbeat_at: Type.Union([Instant("The last sign of life."), Type.Null()]),
    joined_at: Instant("When it became a member."),
    operator_id: Type.String({ description: "The user who runs it." }),
    version: Type.String(),
    reputation: Type.Optional(ReputationSchema),
  },
  { description: "A node." },
);

export const NodeParams = Type.Object({ id: Type.String({ description: "The node's peer id." }) });
export const NodesQuery = Type.Object({
  ...PageQuery,
  status: Type.Optional(Type.Enum([...NODE_STATUSES], { description: "Only nodes that stand so." })),
});

/** Where a lender's machine can be reached is nobody's business but the operator's and the admins'. */
function maySeeAddresses(node: NodeRecord, viewer: UserPrincipal): boolean {
  return viewer.role === "admin" || viewer.userId === node.operatorId;
}

export function nodeView(
  node: NodeRecord,
  seen: {
    readonly status: NodeStatus;
    readonly by: UserPrincipal;
    readonly reputation?: Static<typeof ReputationSchema>;
  },
): Static<typeof NodeSchema> {
  return {
    id: node.id,
    name: node.name,
    status: seen.status,
    addresses: maySeeAddresses(node, seen.by) ? [...node.addresses] : [],
    labels: { ...node.labels },
    capacity_bytes: node.capacityBytes,
    used_bytes: node.usedBytes,
    free_bytes: node.freeBytes,
    chunk_count: node.chunkCount,
    last_heartbeat_at: instantText(node.lastHeartbeatAtMs),
    joined_at: instantText(node.joinedAtMs),
    operator_id: node.operatorId,
    version: node.version,
    ...(seen.reputation === undefined ? {} : { reputation: seen.reputation }),
  };
}

export function readRegistration(body: Static<typeof RegisterNodeBody>): RegistrationRequest {
  return {
    ...readReport(body),
    joinToken: body.join_token,
    name: body.name.trim(),
    peerId: body.peer_id,
    labels: body.labels,
    timestampMs: body.timestamp_ms,
    signature: Buffer.from(body.signature, "base64"),
  };
}

export function readHeartbeat(body: Static<typeof HeartbeatBody>): HeartbeatReport {
  const report = { ...readReport(body), chunkCount: body.chunk_count, draining: body.draining };
  return { ...report, freeBytesOwn: body.free_bytes_own ?? report.freeBytes };
}

function readReport(body: Pick<Static<typeof HeartbeatBody>, keyof typeof reportFields>) {
  return {
    addresses: dialableAddresses(body.addresses),
    capacityBytes: body.capacity_bytes,
    usedBytes: body.used_bytes,
    freeBytes: body.free_bytes,
    version: body.version,
  };
}
