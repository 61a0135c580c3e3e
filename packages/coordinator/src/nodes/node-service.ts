import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { isNodeId, type NodeId } from "@commonhold/core/ids.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { ActionNote } from "@commonhold/metadata/commands/admin-actions.ts";
import type { CommandPayload, Metadata } from "@commonhold/metadata/metadata.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import { createOpaqueToken, hashOpaqueToken, JOIN_TOKEN, NODE_API_KEY } from "../accounts/opaque-token.ts";
import type { HeartbeatAbsences } from "../economics/heartbeat-absences.ts";
import type { NodeDirectory } from "./node-directory.ts";
import type { NodeRecord } from "./node-record.ts";
import { registrationProofBytes } from "./registration-proof.ts";

export interface NodeServiceDeps {
  readonly metadata: Metadata;
  readonly directory: NodeDirectory;
  readonly absences: Pick<HeartbeatAbsences, "heard" | "registers">;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Pick<Logger, "info" | "warn">;
  /** Whether an Ed25519 signature is by the key that the peer id contains. */
  readonly verifySignature: (peerId: string, bytes: Uint8Array, signature: Uint8Array) => boolean;
}

export interface JoinToken {
  readonly token: string;
  readonly uses: number;
  readonly expiresAtMs: number;
}

/** What a node tells of itself, at registration and with every heartbeat. */
export interface NodeReport {
  readonly addresses: readonly string[];
  readonly capacityBytes: number;
  readonly usedBytes: number;
  readonly freeBytes: number;
  readonly version: string;
}

export interface RegistrationRequest extends NodeReport {
  readonly joinToken: string;
  readonly name: string;
  readonly peerId: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly timestampMs: number;
  readonly signature: Uint8Array;
}

export interface HeartbeatReport extends NodeReport {
  /** For chunks of the node's operator. */
  readonly freeBytesOwn: number;
  readonly chunkCount: number;
  readonly draining: boolean;
}

export interface NodeService {
  /** @returns the token, which is kept as a hash only */
  createJoinToken(userId: string, terms: { readonly uses: number; readonly expiresInS: number }): Promise<JoinToken>;
  /**
   * Makes a node a member. The same peer id again gets a new API key; its old one ends.
   * @throws AppError INVALID_REQUEST (peer id, clock), UNAUTHENTICATED (signature), INVALID_JOIN_TOKEN,
   *   NODE_NAME_TAKEN, FORBIDDEN (another operator's token), NOT_A_MEMBER (banned)
   */
  register(request: RegistrationRequest): Promise<{ readonly node: NodeRecord; readonly apiKey: string }>;
  /** @throws AppError NODE_NOT_FOUND, NOT_A_MEMBER */
  heartbeat(nodeId: NodeId, report: HeartbeatReport): Promise<NodeRecord>;
  /** Cuts a node off: its key ends to work and no peer obeys it. @throws AppError NODE_NOT_FOUND */
  ban(nodeId: string, note?: ActionNote): Promise<NodeRecord>;
  /** Lets a banned node in again. @throws AppError NODE_NOT_FOUND */
  unban(nodeId: string, note?: ActionNote): Promise<NodeRecord>;
}

/** How far a registering node's clock may be off, and so how long a registration that was overheard is good for. */
const CLOCK_SKEW_MS_MAX = 5 * 60_000;

export function createNodeService(deps: NodeServiceDeps): NodeService {
  const { metadata, directory, clock, random } = deps;

  async function reload(nodeId: string): Promise<NodeRecord> {
    const node = await directory.reload(nodeId);
    if (node === undefined) throw new AppError("NODE_NOT_FOUND", `there is no node ${nodeId}`);
    return node;
  }

  return {
    createJoinToken: async (userId, { uses, expiresInS }) => {
      const token = createOpaqueToken(random, JOIN_TOKEN);
      const nowMs = clock.nowMs();
      const expiresAtMs = nowMs + expiresInS * 1000;
      await metadata.apply("join_token.create", {
        token_hash: hashOpaqueToken(token),
        user_id: userId,
        created_at_ms: nowMs,
        expires_at_ms: expiresAtMs,
        uses,
      });
      return { token, uses, expiresAtMs };
    },

    register: async (request) => {
      const nowMs = clock.nowMs();
      checkProof(deps, request, nowMs);
      const apiKey = createOpaqueToken(random, NODE_API_KEY);
      const known = directory.get(request.peerId);
      if (known !== undefined) deps.absences.registers(known.id, known.lastHeartbeatAtMs);
      await metadata.apply("node.register", registrationPayload(request, apiKey, nowMs));
      const node = await reload(request.peerId);
      deps.logger.info({ node_id: node.id, name: node.name }, "Node registered");
      return { node, apiKey };
    },

    heartbeat: async (nodeId, report) => {
      const nowMs = clock.nowMs();
      const version = directory.versionOf(nodeId);
      const declared = await writeHeartbeat(deps, { nodeId, report, nowMs });
      const known = directory.get(nodeId);
      const { draining: _, ...stated } = report;
      // A ban may have been taken over since the heartbeat was written: then the table has the last word.
      const isLatest = known !== undefined && directory.versionOf(nodeId) === version;
      if (!isLatest) await reload(nodeId);
      const base = isLatest ? { ...known, declared } : directory.get(nodeId)!;
      const node: NodeRecord = { ...base, ...stated, lastHeartbeatAtMs: nowMs };
      directory.recordHeartbeat(node);
      return node;
    },

    ban: async (nodeId, note) => {
      await metadata.apply("node.ban", { id: requireNodeId(nodeId), ...(note && { note }) });
      deps.logger.warn({ node_id: nodeId }, "Node banned");
      return reload(nodeId);
    },

    unban: async (nodeId, note) => {
      await metadata.apply("node.unban", { id: requireNodeId(nodeId), ...(note && { note }) });
      deps.logger.info({ node_id: nodeId }, "Node let in again");
      return reload(nodeId);
    },
  };
}

interface ReceivedHeartbeat {
  readonly nodeId: NodeId;
  readonly report: HeartbeatReport;
  readonly nowMs: number;
}

/** With when the node was absent since the one before. */
async function writeHeartbeat(
  { metadata, directory, absences }: NodeServiceDeps,
  { nodeId, report, nowMs }: ReceivedHeartbeat,
): Promise<NodeRecord["declared"]> {
  const { lastHeartbeatAtMs } = directory.get(nodeId) ?? {};
  const ended = absences.heard(nodeId, { nowMs, lastHeartbeatAtMs });
  try {
    const { declared_state } = await metadata.apply("node.heartbeat", {
      id: nodeId,
      addresses: [...report.addresses],
      capacity_bytes: report.capacityBytes,
      used_bytes: report.usedBytes,
      free_bytes: report.freeBytes,
      chunk_count: report.chunkCount,
      draining: report.draining,
      version: report.version,
      absent: ended.absences.map(({ fromMs, toMs }) => ({ from_ms: fromMs, to_ms: toMs })),
      now_ms: nowMs,
    });
    return declared_state;
  } catch (error) {
    ended.takeBack();
    throw error;
  }
}

function registrationPayload(
  request: RegistrationRequest,
  apiKey: string,
  nowMs: number,
): CommandPayload<"node.register"> {
  return {
    id: request.peerId,
    name: request.name,
    api_key_hash: hashOpaqueToken(apiKey),
    join_token_hash: hashOpaqueToken(request.joinToken),
    addresses: [...request.addresses],
    labels: statedLabels(request.labels),
    capacity_bytes: request.capacityBytes,
    used_bytes: request.usedBytes,
    free_bytes: request.freeBytes,
    version: request.version,
    now_ms: nowMs,
  };
}

function requireNodeId(nodeId: string): string {
  if (isNodeId(nodeId)) return nodeId;
  throw new AppError("NODE_NOT_FOUND", `there is no node ${nodeId}`);
}

function checkProof(deps: NodeServiceDeps, request: RegistrationRequest, nowMs: number): void {
  if (!isNodeId(request.peerId)) {
    throw new AppError("INVALID_REQUEST", `peer_id "${request.peerId}" is not the peer id of an Ed25519 key`, {
      details: { in: "body", field: "peer_id" },
    });
  }
  const skewMs = request.timestampMs - nowMs;
  if (Math.abs(skewMs) > CLOCK_SKEW_MS_MAX) {
    const side = skewMs > 0 ? "ahead of" : "behind";
    throw new AppError(
      "INVALID_REQUEST",
      `the node's clock is ${Math.round(Math.abs(skewMs) / 1000)} s ${side} the coordinator's: at most ` +
        `${CLOCK_SKEW_MS_MAX / 1000} s are allowed, so set one of them right`,
      { details: { in: "body", field: "timestamp_ms", skew_ms: skewMs } },
    );
  }
  if (!deps.verifySignature(request.peerId, registrationProofBytes(request), request.signature)) {
    throw new AppError("UNAUTHENTICATED", `the signature is not by the key of peer id ${request.peerId}`, {
      details: { in: "body", field: "signature" },
    });
  }
}

/** An empty label says that the operator does not know: two such nodes share nothing by it. */
function statedLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ""));
}
