import type { CommandPayload } from "../metadata.ts";

/** A made-up hash: `seed` in hex, padded. */
export function hashOf(seed: number): string {
  return seed.toString(16).padStart(64, "0");
}

export function userPayload(
  id: string,
  overrides: Partial<CommandPayload<"user.create">> = {},
): CommandPayload<"user.create"> {
  return {
    id,
    email: `${id}@example.org`,
    name: `Person ${id}`,
    role: "user",
    password_hash: "$argon2id$v=19$m=65536,t=3,p=1$c2FsdA$aGFzaA",
    sealed_secret: "AAECAwQFBgc=",
    created_at_ms: 1_000,
    welcome_microcredits: "0",
    ...overrides,
  };
}

export function purchasePayload(
  paymentId: string,
  overrides: Partial<CommandPayload<"ledger.purchase">> = {},
): CommandPayload<"ledger.purchase"> {
  return {
    id: `purchase-${paymentId}`,
    user_id: "ada",
    amount_microcredits: "1000000",
    payment_id: paymentId,
    provider: "local",
    description: "1 credit",
    now_ms: 2_000,
    ...overrides,
  };
}

/** Of "ada"; it reserves 7 micro-credits. */
export function uploadPayload(
  id: string,
  overrides: Partial<CommandPayload<"upload.initiate">> = {},
): CommandPayload<"upload.initiate"> {
  return {
    upload_id: id,
    file_id: `file-${id}`,
    owner_id: "ada",
    folder_id: null,
    name: `notes of ${id}.pdf`,
    size_bytes: 10,
    chunk_size_bytes: 262_144,
    chunk_count: 1,
    copies: 3,
    media_type: "application/pdf",
    sealed_key: "AAAA",
    expected_sha256: null,
    expected_md5: null,
    reserve_microcredits: "7",
    transaction_id: `reserve-${id}`,
    open_uploads_max: 1_000_000,
    now_ms: 1_000,
    expires_at_ms: 10_000,
    ...overrides,
  };
}

/** A link of "ada" to that file. */
export function sharePayload(
  fileId: string,
  overrides: Partial<CommandPayload<"share.create">> = {},
): CommandPayload<"share.create"> {
  return {
    id: "share-1",
    file_id: fileId,
    owner_id: "ada",
    token_hash: hashOf(1),
    sealed_token: "AAAA",
    password_hash: null,
    expires_at_ms: 9_000,
    downloads_max: 2,
    is_sealed: false,
    shares_max: 3,
    now_ms: 1_000,
    ...overrides,
  };
}

export function registrationPayload(
  id: string,
  overrides: Partial<CommandPayload<"node.register">> = {},
): CommandPayload<"node.register"> {
  return {
    id,
    name: `node of ${id}`,
    api_key_hash: hashOf(Buffer.from(id).readUIntBE(0, Math.min(id.length, 6))),
    join_token_hash: hashOf(1),
    addresses: ["/ip4/192.0.2.1/tcp/4001"],
    labels: { site: "library" },
    capacity_bytes: 10_000_000_000,
    used_bytes: 0,
    free_bytes: 10_000_000_000,
    version: "0.1.0",
    now_ms: 5_000,
    ...overrides,
  };
}

export function heartbeatPayload(
  id: string,
  overrides: Partial<CommandPayload<"node.heartbeat">> = {},
): CommandPayload<"node.heartbeat"> {
  return {
    id,
    addresses: ["/ip4/192.0.2.2/tcp/4001"],
    capacity_bytes: 10_000_000_000,
    used_bytes: 4_096,
    free_bytes: 9_999_995_904,
    chunk_count: 1,
    draining: false,
    version: "0.1.1",
    now_ms: 6_000,
    ...overrides,
  };
}

/** 16 bytes that a number stands for, hex. */
export function challengeIdOf(seed: number): string {
  return seed.toString(16).padStart(32, "0");
}

/** About two chunks, on the first day of 1970. */
export function challengePayload(
  seed: number,
  nodeId: string,
  overrides: Partial<CommandPayload<"audit.issue">["challenges"][number]> = {},
): CommandPayload<"audit.issue">["challenges"][number] {
  return {
    id: challengeIdOf(seed),
    node_id: nodeId,
    day: "1970-01-01",
    window: 3,
    number: seed,
    selection_id: challengeIdOf(seed),
    attempt: 1,
    leaf_count: 1,
    difficulty: 100,
    chunk_names: [hashOf(1), hashOf(2)],
    issued_at_ms: 10_000,
    deadline_at_ms: 12_000,
    ...overrides,
  };
}

/** Both chunks passed. */
export function auditResult(
  seed: number,
  overrides: Partial<CommandPayload<"audit.record">["results"][number]> = {},
): CommandPayload<"audit.record">["results"][number] {
  return {
    challenge_id: challengeIdOf(seed),
    outcomes: ["passed", "passed"],
    is_final: false,
    duration_ms: 70,
    node_us: 60_000,
    detail: null,
    ...overrides,
  };
}

export const AUDIT_TERMS: CommandPayload<"audit.record">["terms"] = {
  audit_lambda: 0.999,
  disqualify_below: 0.96,
  error_lambda: 0.95,
  suspend_below: 0.6,
  restore_from: 0.85,
  vetting_count: 100,
  vetting_ms: 259_200_000,
  closer_look_ms: 86_400_000,
  suspended_ms_max: 604_800_000,
};

/** A line of `economics.pay_nodes`: all of the day online, and nothing earned. */
export function nodeLine(
  nodeId: string,
  overrides: Partial<CommandPayload<"economics.pay_nodes">["lines"][number]> = {},
): CommandPayload<"economics.pay_nodes">["lines"][number] {
  return {
    node_id: nodeId,
    observed_ms: 86_400_000,
    online_ms: 86_400_000,
    byte_ms: "1000",
    gross_microcredits: "0",
    uptime_penalty_microcredits: "0",
    audit_penalty_microcredits: "0",
    net_microcredits: "0",
    ...overrides,
  };
}
