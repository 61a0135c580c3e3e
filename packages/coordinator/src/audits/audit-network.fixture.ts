import { proveChunk, signAuditAnswer, verifyAuditAnswer } from "@commonhold/chunk/audit-answer.ts";
import { chunkNameOf } from "@commonhold/chunk/merkle.ts";
import { platformCrypto } from "@commonhold/chunk/platform-crypto.ts";
import { AppError } from "@commonhold/core/app-error.ts";
import type { AuditAnswer, ChunkProof } from "@commonhold/core/audit/audit-answer.ts";
import type { AuditQuestion } from "@commonhold/core/audit/audit-question.ts";
import { REPUTATION_TERMS, type ReputationTerms } from "@commonhold/core/audit/reputation.ts";
import { utcDayOf, utcDayStartMs } from "@commonhold/core/economics/utc-day.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { ReplicaState } from "@commonhold/core/repair/chunk-record.ts";
import { createMetadataCatalog } from "@commonhold/metadata/catalog/metadata-catalog.ts";
import type { ReplicaCatalog } from "@commonhold/metadata/catalog/replica-catalog.ts";
import { createIdentity, type Identity, verifySignature } from "@commonhold/p2p/identity.ts";
import { createMemoryNetwork, type MemoryNetwork } from "@commonhold/p2p/memory-host.ts";
import type { Exchange, PeerHost } from "@commonhold/p2p/peer-host.ts";
import { systemRandom } from "@commonhold/runtime/system-random.ts";
import { type ProofChallenge, serveProofChallenge } from "@commonhold/wire/exchanges/proof-challenge.ts";
import { checkGrant } from "@commonhold/wire/grant.ts";
import { PROTOCOLS } from "@commonhold/wire/protocols.ts";
import { type ApiFixture, createApiFixture, type TestUser } from "../http/api.fixture.ts";
import { createLogFixture } from "../http/http.fixture.ts";
import { createGrantIssuer } from "../transfers/grant-issuer.ts";
import type { AuditLedger, StandingAfter } from "./audit-ledger.ts";
import type { AuditOptions } from "./audit-options.ts";
import { type AuditPeriods, createAuditPeriods } from "./audit-periods.ts";
import { createAuditPlanner } from "./audit-planner.ts";
import { AuditService } from "./audit-service.ts";
import type { AuditTransport } from "./audit-transport.ts";
import { createAuditor, type SettledAudit } from "./auditor.ts";
import { createMetadataAuditLedger } from "./metadata-audit-ledger.ts";
import { createNodeAuditTransport } from "./node-audit-transport.ts";

export const DAY = "2026-01-31";
/** A node with few chunks has 256 slots, about one a second. */
export const CYCLE_MS = 240_000;
const LIMITS = { timeoutMs: 60_000, concurrentPerPeerMax: 100, concurrentMax: 100 };
/** So long a test waits for a node that says nothing; on any other it may wait however busy the machine is. */
const SILENCE_MS = 200;
const ANSWER_MS = 30_000;

export const TEST_AUDITS: AuditOptions = {
  cycleMs: CYCLE_MS,
  deadlineMs: 2_000,
  difficulty: 3,
  leafCount: 1,
  concurrent: 8,
  bytesPerSecondPerNode: 1_000_000_000,
};

/** For tests: a node that speaks the protocol as it is, and answers as it likes. */
export interface ProvingNode {
  readonly id: NodeId;
  readonly identity: Identity;
  readonly host: PeerHost;
  readonly chunks: Map<ChunkName, Uint8Array>;
  /** The questions that it was asked. */
  readonly asked: ProofChallenge[];
  /** In place of the honest answer, where it is set. */
  answer: ProvingAnswer | undefined;
}

export type ProvingAnswer = (
  challenge: ProofChallenge,
  node: ProvingNode,
  exchange: Pick<Exchange, "signal">,
) => Promise<AuditAnswer>;

export interface AuditNetworkOptions {
  readonly nodes?: number;
  readonly options?: Partial<AuditOptions>;
  readonly terms?: Partial<ReputationTerms>;
}

/** For tests: real audits of real commands, over a network in memory, in time that a test moves. */
export interface AuditNetwork {
  readonly api: ApiFixture;
  readonly user: TestUser;
  readonly nodes: readonly ProvingNode[];
  /** For further peers. */
  readonly network: MemoryNetwork;
  readonly catalog: ReplicaCatalog;
  readonly ledger: AuditLedger;
  readonly periods: AuditPeriods;
  readonly service: AuditService;
  /** The outcome of every copy that was audited, by node. */
  readonly settled: readonly SettledAudit[];
  readonly standings: readonly StandingAfter[];
  /** For whose repair it was asked. */
  readonly repairs: readonly ChunkName[];
  readonly logLines: readonly Record<string, unknown>[];
  /** The audits of a coordinator that is started anew on the same metadata. */
  restarted(transport?: AuditTransport): AuditService;
  /** Stores a chunk of so many bytes on nodes; each has bytes of its own where they are not given. */
  store(
    nodes: readonly ProvingNode[],
    content?: { readonly length?: number; readonly bytes?: Uint8Array },
  ): Promise<ChunkName>;
  stateOf(name: ChunkName, node: ProvingNode): Promise<ReplicaState | undefined>;
  /** Lets time pass, a second at once, and audits run. */
  pass(ms: number, stepMs?: number): Promise<void>;
  close(): Promise<void>;
}

export async function openAuditNetwork(setup: AuditNetworkOptions = {}): Promise<AuditNetwork> {
  const api = await createApiFixture({ engine: "memory" });
  const { clock } = api;
  clock.jump(utcDayStartMs(DAY) - clock.nowMs());
  const user = await api.newUser();
  const network = createMemoryNetwork();
  const coordinator = createIdentity();
  const host = await network.createHost(coordinator.peerId);
  const nodes: ProvingNode[] = [];
  for (let number = 1; number <= (setup.nodes ?? 1); number++) {
    const { id, identity } = await api.newNode(user, `node-${number}`);
    const nodeHost = await network.createHost(id);
    const node = { id: id as NodeId, identity, host: nodeHost, chunks: new Map(), asked: [], answer: undefined };
    await serveChallenges(node, { issuer: coordinator.peerId, nowMs: () => clock.nowMs() });
    nodes.push(node);
  }
  const audits = auditsOf(setup, { api, nodes, host, coordinator });
  const { service, periods, catalog } = audits;
  return {
    api,
    user,
    nodes,
    network,
    ...audits,
    store: async (holders, { length = 40_000, bytes = systemRandom.bytes(length) } = {}) => {
      const name = chunkNameOf(bytes);
      for (const node of holders) node.chunks.set(name, bytes);
      const replicas = holders.map(({ id }) => ({ node_id: id, state: "active" as const }));
      await storeFile(api, user, { name, length: bytes.length, replicas });
      return name;
    },
    stateOf: async (name, node) => (await catalog.get(name))?.replicas.find(({ nodeId }) => nodeId === node.id)?.state,
    pass: async (ms, stepMs = 1_000) => {
      for (let passed = 0; passed <= ms; passed += stepMs) {
        if (passed > 0) clock.advance(stepMs);
        await periods.open(utcDayOf(clock.nowMs()), clock.nowMs());
        service.tick();
        await service.idle();
      }
    },
    close: async () => {
      await service.stop();
      for (const node of nodes) await node.host.stop(0);
      await host.stop(0);
      await api.close();
    },
  };
}

interface NetworkParts {
  readonly api: ApiFixture;
  readonly nodes: readonly ProvingNode[];
  readonly host: PeerHost;
  readonly coordinator: Identity;
}

/** The audits of a coordinator, and what they come to. */
function auditsOf(setup: AuditNetworkOptions, { api, nodes, host, coordinator }: NetworkParts) {
  const { clock, metadata } = api;
  const { logger, logLines } = createLogFixture();
  const options = { ...TEST_AUDITS, ...setup.options };
  const ledger = createMetadataAuditLedger(metadata, { ...REPUTATION_TERMS, ...setup.terms });
  const { sha256, hmacSha256 } = platformCrypto;
  const periods = createAuditPeriods({ masterKey: api.masterKey, sha256, hmacSha256, ledger }, options);
  const catalog = createMetadataCatalog(metadata);
  const sign = (bytes: Uint8Array) => coordinator.sign(bytes);
  const grants = createGrantIssuer({ issuer: coordinator.peerId, sign, clock, random: systemRandom });
  const target = (id: NodeId) => {
    const node = nodes.find((candidate) => candidate.id === id);
    return node && { peerId: id, addresses: node.host.addresses() };
  };
  const settled: SettledAudit[] = [];
  const standings: StandingAfter[] = [];
  const repairs: ChunkName[] = [];
  const shared = { catalog, ledger, periods, clock, random: systemRandom, logger };
  const seen = {
    verify: (question: AuditQuestion, answer: AuditAnswer) => verifyAuditAnswer(question, answer, verifySignature),
    requestRepair: (names: readonly ChunkName[]) => repairs.push(...names),
    onStanding: (after: StandingAfter) => standings.push(after),
    onSettled: (audit: SettledAudit) => settled.push(audit),
  };
  const patient = createNodeAuditTransport({ host, grants, target, clock }, { timeoutMs: ANSWER_MS });
  const hasty = createNodeAuditTransport({ host, grants, target, clock }, { timeoutMs: SILENCE_MS });
  const isSilent = (id: NodeId) => nodes.some((node) => node.id === id && node.answer === silence);
  const byPatience: AuditTransport = {
    ask: (question, signal) => (isSilent(question.nodeId) ? hasty : patient).ask(question, signal),
  };
  const restarted = (transport: AuditTransport = byPatience): AuditService => {
    const closerLookUntilMs = (id: NodeId) => api.directory.reputationOf(id).state.closerLookUntilMs ?? undefined;
    const planner = createAuditPlanner({ ...shared, closerLookUntilMs }, options);
    const auditor = createAuditor({ ...shared, ...seen, transport }, options);
    const auditable = () => nodes.map(({ id }) => ({ id, isPresent: true }));
    return new AuditService({ planner, auditor, nodes: auditable, clock, logger }, options);
  };
  const service = restarted();
  return { catalog, ledger, periods, service, settled, standings, repairs, logLines, restarted };
}

let files = 0;

async function storeFile(
  { metadata, clock }: ApiFixture,
  user: TestUser,
  chunk: {
    readonly name: ChunkName;
    readonly length: number;
    readonly replicas: readonly { readonly node_id: string; readonly state: "active" }[];
  },
): Promise<void> {
  files += 1;
  await metadata.apply("file.store", {
    file_id: `file-${files}`,
    owner_id: user.id,
    folder_id: null,
    name: `file ${files}`,
    folder_ids: [],
    size_bytes: chunk.length,
    chunk_size_bytes: 262_144,
    copies: chunk.replicas.length,
    media_type: "text/plain",
    sealed_key: "AAAA",
    content_id: chunk.name,
    chunk: {
      chunk_name: chunk.name,
      sealed_length: chunk.length,
      plain_length: chunk.length,
      copies: chunk.replicas.length,
      sealed_entry: "AAAA",
      replicas: [...chunk.replicas],
      epoch: 0,
    },
    cost_microcredits: "0",
    transaction_id: `store-${files}`,
    now_ms: clock.nowMs(),
  });
}

async function serveChallenges(
  node: ProvingNode,
  { issuer, nowMs }: { readonly issuer: string; readonly nowMs: () => number },
): Promise<void> {
  await node.host.handle(
    PROTOCOLS.proofChallenge,
    (exchange) =>
      serveProofChallenge(exchange.stream, {
        authorise: ({ grant, challengeName }) => {
          const expected = { node: node.id, subject: exchange.remotePeerId, chunkName: challengeName };
          const terms = { ...expected, action: "challenge" as const, nowMs: nowMs(), issuers: new Set([issuer]) };
          checkGrant(grant, terms, verifySignature);
        },
        prove: async (challenge) => {
          node.asked.push(challenge);
          return await (node.answer?.(challenge, node, exchange) ?? honestAnswer(challenge, node));
        },
      }),
    LIMITS,
  );
}

/** A node that has the question, and says nothing. */
export const silence: ProvingAnswer = (_challenge, _node, { signal }) =>
  new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));

/** What a node says that keeps to the rules. */
export async function honestAnswer(challenge: ProofChallenge, node: ProvingNode): Promise<AuditAnswer> {
  return signed(
    challenge,
    node,
    proofsOf(challenge, (name) => node.chunks.get(name)),
  );
}

/** A proof of each chunk from these bytes; a chunk without any is said to be lost. */
export function proofsOf(
  challenge: ProofChallenge,
  bytesOf: (name: ChunkName) => Uint8Array | undefined,
): readonly ChunkProof[] {
  return challenge.chunkNames.map((name): ChunkProof => {
    const bytes = bytesOf(name);
    return bytes === undefined ? { kind: "lost", reason: "CHUNK_NOT_FOUND" } : proveChunk(bytes, name, challenge);
  });
}

export function signed(challenge: ProofChallenge, node: ProvingNode, proofs: readonly ChunkProof[]): AuditAnswer {
  const sign = (bytes: Uint8Array) => node.identity.sign(bytes);
  return signAuditAnswer({ ...challenge, nodeId: node.id }, proofs, { durationUs: 1_000, sign });
}

export function refusal(): AppError {
  return new AppError("NODE_DRAINING", "not today");
}
