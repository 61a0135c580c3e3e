import type { PeerHost } from "@commonhold/p2p/peer-host.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type {
  CoordinatorApi,
  EvictionAnswer,
  EvictionRequest,
  HeartbeatAnswer,
  HeartbeatReport,
} from "./coordinator-api.ts";
import { type Credentials, writeCredentials } from "./credentials.ts";
import { assertPinned } from "./pinned-coordinator.ts";

export interface MembershipDeps {
  readonly api: CoordinatorApi;
  readonly host: Pick<PeerHost, "peerId" | "setMembers">;
  readonly report: () => Promise<HeartbeatReport>;
  /** Told what the coordinator has heard. */
  readonly onHeard?: (report: HeartbeatReport) => void;
  readonly logger: Logger;
}

/** Reports to the coordinator and follows its answers: who the members are, where the coordinator is. */
export class Membership {
  readonly #deps: MembershipDeps;
  readonly #folder: string;
  #credentials: Credentials;

  constructor(deps: MembershipDeps, options: { readonly folder: string; readonly credentials: Credentials }) {
    this.#deps = deps;
    this.#folder = options.folder;
    this.#credentials = options.credentials;
  }

  get coordinator(): Credentials["coordinator"] {
    return this.#credentials.coordinator;
  }

  /** The beat of a `HeartbeatLoop`. @throws AppError of the call, FORBIDDEN for another coordinator than the pinned */
  async beat(signal: AbortSignal): Promise<HeartbeatAnswer> {
    const report = await this.#deps.report();
    const answer = await this.#deps.api.heartbeat(this.#credentials.api_key, report, signal);
    assertPinned(answer.coordinator.peer_id, this.#credentials.coordinator.peer_id);
    await this.#deps.host.setMembers(new Set([answer.coordinator.peer_id, ...answer.members]));
    await this.#keepAddresses(answer.coordinator);
    this.#deps.onHeard?.(report);
    return answer;
  }

  /** Asks the coordinator what this node may give up. @throws AppError of the call */
  requestEvictions(request: EvictionRequest, signal: AbortSignal): Promise<EvictionAnswer> {
    return this.#deps.api.requestEvictions(this.#credentials.api_key, request, signal);
  }

  /** The next start dials the coordinator where it is now. */
  async #keepAddresses(coordinator: Credentials["coordinator"]): Promise<void> {
    if (isSameList(coordinator.addresses, this.#credentials.coordinator.addresses)) return;
    this.#credentials = { ...this.#credentials, coordinator };
    this.#deps.logger.info({ addresses: coordinator.addresses }, "the coordinator has new addresses");
    try {
      await writeCredentials(this.#folder, this.#credentials);
    } catch (error) {
      this.#deps.logger.warn({ err: error }, "could not keep the coordinator's new addresses");
    }
  }
}

function isSameList(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((item, index) => item === right[index]);
}
