import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { type CoordinatorApi, isCertainlyUndone, type NodeReport, type Registration } from "./coordinator-api.ts";
import { type Credentials, writeCredentials } from "./credentials.ts";
import { assertPinned } from "./pinned-coordinator.ts";

export interface RegisterNodeDeps {
  readonly api: CoordinatorApi;
  readonly clock: Clock;
  readonly identity: { readonly peerId: string; sign(bytes: Uint8Array): Uint8Array };
}

export interface RegisterNodeOptions {
  /** The node's data folder. */
  readonly folder: string;
  readonly joinToken: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly report: NodeReport;
  /** Where the node was a member before: the coordinator must be the same one. */
  readonly previous?: Credentials | undefined;
  readonly signal: AbortSignal;
  /** Called once it can no longer be ruled out that the coordinator has the node as a member. */
  readonly onMaybeMember?: () => void;
}

/**
 * Makes this node a member and keeps what it needs for that in `credentials.json` (mode 0600). A node that registers
 * again gets a new API key; its old one ends.
 * @throws AppError COORDINATOR_UNREACHABLE, INVALID_JOIN_TOKEN, NODE_NAME_TAKEN, PROTOCOL_ERROR, FORBIDDEN (another
 * coordinator than before)
 */
export async function registerNode(deps: RegisterNodeDeps, options: RegisterNodeOptions): Promise<Credentials> {
  const { peerId } = deps.identity;
  const registration = await register(deps, options);
  if (registration.node_id !== peerId) {
    throw new AppError("PROTOCOL_ERROR", `The coordinator registered ${registration.node_id}, this node is ${peerId}`);
  }
  if (options.previous !== undefined) {
    assertPinned(registration.coordinator.peer_id, options.previous.coordinator.peer_id);
  }
  const credentials: Credentials = {
    node_id: peerId,
    api_key: registration.api_key,
    coordinator: registration.coordinator,
  };
  await writeCredentials(options.folder, credentials);
  return credentials;
}

async function register(
  { api, clock, identity }: RegisterNodeDeps,
  { joinToken, name, labels, report, signal, onMaybeMember }: RegisterNodeOptions,
): Promise<Registration> {
  const { peerId } = identity;
  const timestampMs = clock.nowMs();
  const signature = identity.sign(registrationBytes({ joinToken, peerId, timestampMs }));
  try {
    const registration = await api.register(
      {
        ...report,
        join_token: joinToken,
        name,
        peer_id: peerId,
        labels,
        timestamp_ms: timestampMs,
        signature: Buffer.from(signature).toString("base64"),
      },
      signal,
    );
    onMaybeMember?.();
    return registration;
  } catch (error) {
    if (!isCertainlyUndone(error)) onMaybeMember?.();
    throw error;
  }
}

/** What a node signs to show that the key of `peerId` is its own: docs/protocol.md, "registration". */
export function registrationBytes(claim: {
  readonly joinToken: string;
  readonly peerId: string;
  readonly timestampMs: number;
}): Uint8Array {
  return new TextEncoder().encode(`commonhold register v1\0${claim.joinToken}\0${claim.peerId}\0${claim.timestampMs}`);
}
