// Written by `npm run docs` from the API's own document; change the routes' schemas, not this file.

/** What every call takes and answers. */
export interface ApiCalls {
  "DELETE /api/v1/auth/sessions/{id}": {
    params: { readonly id: string; };
    query: Readonly<Record<never, never>>;
    body: undefined;
    answer: undefined;
  };
  "DELETE /api/v1/files/upload/{id}": {
    params: { readonly id: string; };
    query: Readonly<Record<never, never>>;
    body: undefined;
    answer: undefined;
  };
  "DELETE /api/v1/files/{id}": {
    params: { readonly id: string; };
    query: Readonly<Record<never, never>>;
    body: undefined;
    answer: undefined;
  };
  "DELETE /api/v1/files/{id}/pins/{node}": {
    params: { readonly id: string; readonly node: string; };
    query: Readonly<Record<never, never>>;
    body: undefined;
    answer: undefined;
  };
  "DELETE /api/v1/folders/{id}": {
    params: { readonly id: string; };
    query: Readonly<Record<never, never>>;
    body: undefined;
    answer: undefined;
  };
  "DELETE /api/v1/nodes/{id}": {
    params: { readonly id: string; };
    query: { readonly force?: boolean; };
    body: undefined;
    answer: { readonly id: string; readonly name: string; readonly status: "joining" | "active" | "suspect" | "offline" | "draining" | "drained" | "banned"; readonly addresses: readonly (string)[]; readonly labels: Readonly<Record<string, string>>; readonly capacity_bytes: number; readonly used_bytes: number; readonly free_bytes: number; readonly chunk_count: number; readonly last_heartbeat_at: string | null; readonly joined_at: string; readonly operator_id: string; readonly version: string; readonly reputation?: { readonly standing: "vetting" | "trusted" | "suspended" | "disqualified"; readonly why: string; readonly reliability: number; readonly audit_score: number; readonly error_score: number; readonly online_share: number; readonly passed: number; readonly vetted_at: string | null; readonly suspended_at: string | null; readonly disqualified_at: string | null; readonly closer_look_until: string | null; }; };
  };
  "DELETE /api/v1/nodes/{id}/ban": {
    params: { readonly id: string; };
    query: Readonly<Record<never, never>>;
    body: undefined;
    answer: { readonly id: string; readonly name: string; readonly status: "joining" | "active" | "suspect" | "offline" | "draining" | "drained" | "banned"; readonly addresses: readonly (string)[]; readonly labels: Readonly<Record<string, string>>; readonly capacity_bytes: number; readonly used_bytes: number; readonly free_bytes: number; readonly chunk_count: number; readonly last_heartbeat_at: string | null; readonly joined_at: string; readonly operator_id: string; readonly version: string; readonly reputation?: { readonly standing: "vetting" | "trusted" | "suspended" | "disqualified"; readonly why: string; readonly reliability: number; readonly audit_score: number; readonly error_score: number; readonly online_share: number; readonly passed: number; readonly vetted_at: string | null; readonly suspended_at: string | null; readonly disqualified_at: string | null; readonly closer_look_until: string | null; }; };
  };
  "DELETE /api/v1/shares/{id}": {
    params: { readonly id: string; };
    query: Readonly<Record<never, never>>;
    body: undefined;
    answer: undefined;
  };
  "GET /api/v1/admin/actions": {
    params: Readonly<Record<never, never>>;
    query: { readonly limit: number; readonly cursor?: string; };
    body: undefined;
    answer: { readonly items: readonly ({ readonly id: number; readonly at: string; readonly actor: { readonly kind: "user" | "node"; readonly id: string; readonly name: string | null; }; readonly action: string; readonly subject: { readonly kind: "user" | "node" | "job" | "network"; readonly id: string; readonly name: string | null; }; readonly details: Readonly<Record<string, string | number | boolean | null>>; })[]; readonly next_cursor: string | null; };
  };
  "GET /api/v1/admin/settings": {
    params: Readonly<Record<never, never>>;
    query: Readonly<Record<never, never>>;
    body: undefined;
    answer: { readonly items: readonly ({ readonly name: string; readonly value: unknown; readonly source: "default" | "preset" | "file" | "environment" | "option"; readonly where: string | null; readonly description: string; })[]; };
  };
  "GET /api/v1/admin/users": {
    params: Readonly<Record<never, never>>;
    query: { readonly limit: number; readonly cursor?: string; readonly q?: string; readonly role?: "user" | "operator" | "admin"; };
    body: undefined;
    answer: { readonly items: readonly ({ readonly id: string; readonly email: string; readonly name: string; readonly role: "user" | "operator" | "admin"; readonly created_at: string; readonly disabled_at: string | null; readonly credits: { readonly available: string; readonly reserved: string; readonly available_microcredits: string; readonly reserved_microcredits: string; }; readonly stored_files: number; readonly stored_bytes: number; })[]; readonly next_cursor: string | null; };
  };
  "GET /api/v1/archives/download": {
    params: Readonly<Record<never, never>>;
    query: { readonly ticket: string; };
    body: undefined;
    answer: unknown;
  };
  "GET /api/v1/audits/periods": {
    params: Readonly<Record<never, never>>;
    query: { readonly limit: number; readonly cursor?: string; };
    body: undefined;
    answer: { readonly items: readonly ({ readonly day: string; readonly commitment: string; readonly key: string | null; readonly opened_at: string; readonly revealed_at: string | null; })[]; readonly next_cursor: string | null; };
  };
  "GET /api/v1/auth/credits/purchases/{payment_id}": {
    params: { readonly payment_id: string; };
    query: Readonly<Record<never, never>>;
    body: undefined;
    answer: { readonly payment_id: string; readonly status: "completed" | "pending" | "processing" | "failed" | "expired"; readonly balance: { readonly available: string; readonly reserved: string; readonly available_microcredits: string; readonly reserved_microcredits: string; }; };
  };
  "GET /api/v1/auth/me": {
    params: Readonly<Record<never, never>>;
    query: Readonly<Record<never, never>>;
    body: undefined;
    answer: { readonly id: string; readonly email: string; readonly name: string; readonly role: "user" | "operator" | "admin"; readonly created_at: string; readonly credits: { readonly available: string; readonly reserved: string; readonly available_microcredits: string; readonly reserved_microcredits: string; }; };
  };
  "GET /api/v1/auth/sessions": {
    params: Readonly<Record<never, never>>;
    query: Readonly<Record<never, never>>;
    body: undefined;
    answer: { readonly items: readonly ({ readonly id: string; readonly began_at: string; readonly renewed_at: string; readonly ends_at: string; readonly is_current: boolean; })[]; };
  };
  "GET /api/v1/auth/trial-account": {
    params: Readonly<Record<never, never>>;
    query: Readonly<Record<never, never>>;
    body: undefined;
    answer: { readonly email: string | null; readonly password_file: string | null; };
  };
  "GET /api/v1/balance": {
    params: Readonly<Record<never, never>>;
    query: Readonly<Record<never, never>>;
    body: undefined;
    answer: { readonly node_id: string; readonly earned: string; readonly pending: string; readonly paid: string; readonly earned_microcredits: string; readonly pending_microcredits: string; readonly paid_microcredits: string; };
  };
  "GET /api/v1/credits": {
    params: Readonly<Record<never, never>>;
    query: Readonly<Record<never, never>>;
    body: undefined;
    answer: { readonly state: "ok" | "low" | "in_grace" | "stopped"; readonly notice: string | null; readonly available: string; readonly reserved: string; readonly prepaid: string; readonly debt: string; readonly available_microcredits: string; readonly reserved_microcredits: string; readonly prepaid_microcredits: string; readonly debt_microcredits: string; readonly arrears_since: string | null; readonly uploads_stop_at: string | null; readonly last_day: { readonly day: string; readonly byte_ms: string; readonly gb_days: string; readonly price: string; readonly charged: string; readonly charged_microcredits: string; } | null; readonly days: readonly ({ readonly day: string; readonly byte_ms: string; readonly gb_days: string; readonly price: string; readonly charged: string; readonly charged_microcredits: string; })[]; readonly credits_per_usd: number; readonly lasts_until: string | null; };
  };
  "GET /api/v1/credits/days": {
    params: Readonly<Record<never, never>>;
    query: { readonly limit: number; readonly cursor?: string; };
    body: undefined;
    answer: { readonly items: readonly ({ readonly day: string; readonly byte_ms: string; readonly gb_days: string; readonly price: string; readonly charged: string; readonly charged_microcredits: string; })[]; readonly next_cursor: string | null; };
  };
  "GET /api/v1/credits/history": {
    params: Readonly<Record<never, never>>;
    query: { readonly limit: number; readonly cursor?: string; };
    body: undefined;
    answer: { readonly items: readonly ({ readonly id: string; readonly kind: string; readonly description: string; readonly reference: string; readonly amount: string; readonly amount_microcredits: string; readonly created_at: string; })[]; readonly next_cursor: string | null; };
  };
  "GET /api/v1/events": {
    params: Readonly<Record<never, never>>;
    query: Readonly<Record<never, never>>;
    body: undefined;
    answer: unknown;
  };
  "GET /api/v1/files": {
    params: Readonly<Record<never, never>>;
    query: { readonly limit: number; readonly cursor?: string; readonly sort: "name" | "-name" | "created_at" | "-created_at" | "size_bytes" | "-size_bytes"; readonly name?: string; readonly folder?: string; readonly deleted?: boolean; };
    body: undefined;
    answer: { readonly items: readonly ({ readonly file_id: string; readonly filename: string; readonly folder_id: null | string; readonly entry_id: string; readonly version: number; readonly version_count: number; readonly size_bytes: number; readonly content_type: string; readonly content_id: string; readonly chunk_size: number; readonly chunk_count: number; readonly copies: number; readonly priority: "expendable" | "low" | "normal" | "high" | "critical"; readonly created_at: string; readonly completed_at: string; readonly deleted_at?: string; readonly gone_at?: string; readonly path?: readonly ({ readonly id: string; readonly name: string; })[]; readonly replicas?: { readonly promised: number; readonly min: number; readonly pending: number; }; readonly pins?: readonly (string)[]; readonly health?: { readonly state: "whole" | "degraded" | "critical" | "unreadable"; readonly chunks_short: number; readonly chunks_unreadable: number; }; })[]; readonly next_cursor: string | null; };
  };
  "GET /api/v1/files/upload/{id}": {
    params: { readonly id: string; };
    query: Readonly<Record<never, never>>;
    body: undefined;
    answer: { readonly session_id: string; readonly file_id: string; readonly filename: string; readonly size_bytes: number; readonly chunk_size: number; readonly chunk_count: number; readonly expires_at: string; readonly state: string; readonly received: number; readonly missing: readonly (number)[]; readonly missing_count: number; };
  };
  "GET /api/v1/files/{id}": {
    params: { readonly id: string; };
    query: Readonly<Record<never, never>>;
    body: undefined;
    answer: { readonly file_id: string; readonly filename: string; readonly folder_id: null | string; readonly entry_id: string; readonly version: number; readonly version_count: number; readonly size_bytes: number; readonly content_type: string; readonly content_id: string; readonly chunk_size: number; readonly chunk_count: number; readonly copies: number; readonly priority: "expendable" | "low" | "normal" | "high" | "critical"; readonly created_at: string; readonly completed_at: string; readonly deleted_at?: string; readonly gone_at?: string; readonly path?: readonly ({ readonly id: string; readonly name: string; })[]; readonly replicas?: { readonly promised: number; readonly min: number; readonly pending: number; }; readonly pins?: readonly (string)[]; readonly health?: { readonly state: "whole" | "degraded" | "critical" | "unreadable"; readonly chunks_short: number; readonly chunks_unreadable: number; }; };
  };
  "GET /api/v1/files/{id}/chunks": {
    params: { readonly id: string; };
    query: { readonly limit: number; readonly cursor?: string; };
    body: undefined;
    answer: { readonly items: readonly ({ readonly index: number; readonly size_bytes: number; readonly wanted: number; readonly copies: readonly ({ readonly node_id: string; readonly node_name: string; readonly node_state: "joining" | "active" | "suspect" | "offline" | "draining" | "drained" | "banned"; readonly state: "active" | "pending" | "leaving" | "doubtful"; readonly node_audited_at: string | null; })[]; })[]; readonly next_cursor: string | null; };
  };
  "GET /api/v1/files/{id}/download": {
    params: { readonly id: string; };
    query: { readonly ticket?: string; };
    body: undefined;
    answer: unknown;
  };
  "GET /api/v1/files/{id}/versions": {
    params: { readonly id: string; };
    query: Readonly<Record<never, never>>;
    body: undefined;
    answer: { readonly items: readonly ({ readonly file_id: string; readonly filename: string; readonly folder_id: null | string; readonly entry_id: string; readonly version: number; readonly version_count: number; readonly size_bytes: number; readonly content_type: string; readonly content_id: string; readonly chunk_size: number; readonly chunk_count: number; readonly copies: number; readonly priority: "expendable" | "low" | "normal" | "high" | "critical"; readonly created_at: string; readonly completed_at: string; readonly deleted_at?: string; readonly gone_at?: string; readonly path?: readonly ({ readonly id: string; readonly name: string; })[]; readonly replicas?: { readonly promised: number; readonly min: number; readonly pending: number; }; readonly pins?: readonly (string)[]; readonly health?: { readonly state: "whole" | "degraded" | "critical" | "unreadable"; readonly chunks_short: number; readonly chunks_unreadable: number; }; })[]; };
  };
  "GET /api/v1/folders": {
    params: Readonly<Record<never, never>>;
    query: { readonly limit: number; readonly cursor?: string; readonly parent?: string; readonly deleted?: boolean; };
    body: undefined;
    answer: { readonly items: readonly ({ readonly id: string; readonly name: string; readonly parent_id: null | string; readonly created_at: string; readonly deleted_at?: string; readonly gone_at?: string; readonly path?: readonly ({ readonly id: string; readonly name: string; })[]; })[]; readonly next_cursor: string | null; };
  };
  "GET /api/v1/folders/at": {
    params: Readonly<Record<never, never>>;
    query: { readonly path: string; };
    body: undefined;
    answer: { readonly id: null | string; readonly name: string; readonly parent_id: null | string; readonly created_at: null | string; readonly path: readonly ({ readonly id: string; readonly name: string; })[]; };
  };
  "GET /api/v1/folders/{id}": {
    params: { readonly id: string; };
    query: Readonly<Record<never, never>>;
    body: undefined;
    answer: { readonly id: null | string; readonly name: string; readonly parent_id: null | string; readonly created_at: null | string; readonly path: readonly ({ readonly id: string; readonly name: string; })[]; };
  };
  "GET /api/v1/jobs": {
    params: Readonly<Record<never, never>>;
    query: Readonly<Record<never, never>>;
    body: undefined;
    answer: { readonly items: readonly ({ readonly name: string; readonly description: string; readonly state: "idle" | "running" | "paused"; readonly interval_ms: number; readonly next_run_at: string | null; readonly last_run: { readonly started_at: string; readonly ended_at: string; readonly failure: string | null; } | null; readonly progress: { readonly done: number; readonly total: number | null; readonly unit: string; } | null; readonly throttle: { readonly bytes_per_second?: number; readonly concurrent?: number; } | null; })[]; };
  };
  "GET /api/v1/nodes": {
    params: Readonly<Record<never, never>>;
    query: { readonly limit: number; readonly cursor?: string; readonly status?: "joining" | "active" | "suspect" | "offline" | "draining" | "drained" | "banned"; };
    body: undefined;
    answer: { readonly items: readonly ({ readonly id: string; readonly name: string; readonly status: "joining" | "active" | "suspect" | "offline" | "draining" | "drained" | "banned"; readonly addresses: readonly (string)[]; readonly labels: Readonly<Record<string, string>>; readonly capacity_bytes: number; readonly used_bytes: number; readonly free_bytes: number; readonly chunk_count: number; readonly last_heartbeat_at: string | null; readonly joined_at: string; readonly operator_id: string; readonly version: string; readonly reputation?: { readonly standing: "vetting" | "trusted" | "suspended" | "disqualified"; readonly why: string; readonly reliability: number; readonly audit_score: number; readonly error_score: number; readonly online_share: number; readonly passed: number; readonly vetted_at: string | null; readonly suspended_at: string | null; readonly disqualified_at: string | null; readonly closer_look_until: string | null; }; })[]; readonly next_cursor: string | null; };
  };
  "GET /api/v1/nodes/{id}": {
    params: { readonly id: string; };
    query: Readonly<Record<never, never>>;
    body: undefined;
    answer: { readonly id: string; readonly name: string; readonly status: "joining" | "active" | "suspect" | "offline" | "draining" | "drained" | "banned"; readonly addresses: readonly (string)[]; readonly labels: Readonly<Record<string, string>>; readonly capacity_bytes: number; readonly used_bytes: number; readonly free_bytes: number; readonly chunk_count: number; readonly last_heartbeat_at: string | null; readonly joined_at: string; readonly operator_id: string; readonly version: string; readonly reputation?: { readonly standing: "vetting" | "trusted" | "suspended" | "disqualified"; readonly why: string; readonly reliability: number; readonly audit_score: number; readonly error_score: number; readonly online_share: number; readonly passed: number; readonly vetted_at: string | null; readonly suspended_at: string | null; readonly disqualified_at: string | null; readonly closer_look_until: string | null; }; };
  };
  "GET /api/v1/nodes/{id}/audits": {
    params: { readonly id: string; };
    query: { readonly limit: number; readonly cursor?: string; readonly day?: string; readonly outcome?: "passed" | "wrong" | "lost" | "offline" | "silent" | "refused" | "late" | "error" | "failed"; };
    body: undefined;
    answer: { readonly items: readonly ({ readonly id: string; readonly issued_at: string; readonly settled_at: string | null; readonly attempt: number; readonly outcomes: Readonly<Record<string, number>>; readonly chunks: readonly ({ readonly chunk: string; readonly outcome: "passed" | "wrong" | "lost" | "offline" | "silent" | "refused" | "late" | "error" | "void" | null; readonly why: string; })[]; readonly duration_ms: number | null; readonly node_us: number | null; readonly counted_as: "dishonest" | "node_error" | "not_passed" | "good" | "nothing" | "open"; readonly detail: string | null; readonly day: string; readonly window: number; readonly number: number; readonly selection_id: string; readonly leaf_count: number; readonly difficulty: number; })[]; readonly next_cursor: string | null; readonly summary: { readonly reputation: { readonly standing: "vetting" | "trusted" | "suspended" | "disqualified"; readonly why: string; readonly reliability: number; readonly audit_score: number; readonly error_score: number; readonly online_share: number; readonly passed: number; readonly vetted_at: string | null; readonly suspended_at: string | null; readonly disqualified_at: string | null; readonly closer_look_until: string | null; }; readonly last_30_days: { readonly outcomes: { readonly passed: number; readonly wrong: number; readonly lost: number; readonly offline: number; readonly silent: number; readonly refused: number; readonly late: number; readonly error: number; }; readonly success_rate: number | null; readonly latency_ms: number | null; }; readonly changes: readonly ({ readonly at: string; readonly from: string; readonly to: string; readonly why: string; })[]; }; };
  };
  "GET /api/v1/nodes/{id}/earnings": {
    params: { readonly id: string; };
    query: { readonly month?: string; };
    body: undefined;
    answer: { readonly node_id: string; readonly month: string; readonly items: readonly ({ readonly day: string; readonly explanation: string; readonly byte_ms: string; readonly gb_days: string; readonly rate: string; readonly observed_ms: number; readonly online_ms: number; readonly uptime: number | null; readonly audits: { readonly passed: number; readonly wrong: number; readonly lost: number; readonly offline: number; readonly silent: number; readonly refused: number; readonly late: number; readonly error: number; }; readonly audits_counted: number; readonly audits_passed_share: number | null; readonly gross: string; readonly uptime_penalty: string; readonly audit_penalty: string; readonly net: string; readonly gross_microcredits: string; readonly uptime_penalty_microcredits: string; readonly audit_penalty_microcredits: string; readonly net_microcredits: string; readonly settled_at: string; })[]; readonly totals: { readonly days: number; readonly gb_days: string; readonly gross: string; readonly uptime_penalty: string; readonly audit_penalty: string; readonly net: string; readonly gross_microcredits: string; readonly uptime_penalty_microcredits: string; readonly audit_penalty_microcredits: string; readonly net_microcredits: string; }; readonly payout: { readonly amount: string; readonly amount_microcredits: string; readonly paid_at: string; } | null; readonly balance: { readonly earned: string; readonly pending: string; readonly paid: string; readonly forfeited: string; }; };
  };
  "GET /api/v1/nodes/{id}/events": {
    params: { readonly id: string; };
    query: { readonly limit: number; readonly cursor?: string; };
    body: undefined;
    answer: { readonly items: readonly ({ readonly at: string; readonly from: string; readonly to: string; readonly why: string; })[]; readonly next_cursor: string | null; };
  };
  "GET /api/v1/repair": {
    params: Readonly<Record<never, never>>;
    query: Readonly<Record<never, never>>;
    body: undefined;
    answer: { readonly state: "idle" | "running" | "paused"; readonly brake: { readonly reason: "starting" | "many_away"; readonly away: number; readonly nodes: number; } | null; readonly swept_at: string | null; readonly chunks: number; readonly below_promise: { readonly chunks: number; readonly by_missing: readonly ({ readonly missing: number; readonly chunks: number; })[]; readonly oldest_since: string | null; }; readonly relocating: number; readonly queue: { readonly chunks: number; readonly by_urgency: { readonly critical: number; readonly degraded: number; readonly relocating: number; readonly unreadable: number; }; readonly waiting: number; }; readonly in_flight_count: number; readonly in_flight: readonly ({ readonly chunk: string; readonly from: string | null; readonly to: string; readonly bytes: number; readonly since: string; })[]; readonly repaired: { readonly copies: number; readonly bytes: number; }; readonly bytes_per_second: number; readonly bytes_left: number; readonly seconds_left: number | null; readonly unrepairable: { readonly chunks: number; readonly by_reason: { readonly no_readable_copy: number; readonly no_node_with_room: number; readonly pinned_node_takes_nothing: number; }; readonly items: readonly ({ readonly chunk: string; readonly reason: "no_readable_copy" | "no_node_with_room" | "pinned_node_takes_nothing"; readonly since: string; })[]; }; };
  };
  "GET /api/v1/search": {
    params: Readonly<Record<never, never>>;
    query: { readonly limit: number; readonly cursor?: string; readonly q: string; };
    body: undefined;
    answer: { readonly items: readonly ({ readonly kind: "file" | "folder"; readonly file?: { readonly file_id: string; readonly filename: string; readonly folder_id: null | string; readonly entry_id: string; readonly version: number; readonly version_count: number; readonly size_bytes: number; readonly content_type: string; readonly content_id: string; readonly chunk_size: number; readonly chunk_count: number; readonly copies: number; readonly priority: "expendable" | "low" | "normal" | "high" | "critical"; readonly created_at: string; readonly completed_at: string; readonly deleted_at?: string; readonly gone_at?: string; readonly path?: readonly ({ readonly id: string; readonly name: string; })[]; readonly replicas?: { readonly promised: number; readonly min: number; readonly pending: number; }; readonly pins?: readonly (string)[]; readonly health?: { readonly state: "whole" | "degraded" | "critical" | "unreadable"; readonly chunks_short: number; readonly chunks_unreadable: number; }; }; readonly folder?: { readonly id: string; readonly name: string; readonly parent_id: null | string; readonly created_at: string; readonly deleted_at?: string; readonly gone_at?: string; readonly path?: readonly ({ readonly id: string; readonly name: string; })[]; }; readonly path: readonly ({ readonly id: string; readonly name: string; })[]; })[]; readonly next_cursor: string | null; };
  };
  "GET /api/v1/shared/download": {
    params: Readonly<Record<never, never>>;
    query: { readonly ticket: string; };
    body: undefined;
    answer: unknown;
  };
  "GET /api/v1/shared/{token}": {
    params: { readonly token: string; };
    query: Readonly<Record<never, never>>;
    body: undefined;
    answer: { readonly needs_password: boolean; readonly name?: string; readonly size_bytes?: number; readonly media_type?: string; readonly sealed?: boolean; readonly expires_at?: string | null; readonly downloads_left?: number | null; readonly owner_name?: string; };
  };
  "GET /api/v1/shares": {
    params: Readonly<Record<never, never>>;
    query: { readonly limit: number; readonly cursor?: string; readonly file?: string; };
    body: undefined;
    answer: { readonly items: readonly ({ readonly id: string; readonly file_id: string | null; readonly filename: string | null; readonly token: string; readonly url_path: string; readonly has_password: boolean; readonly sealed: boolean; readonly expires_at: string | null; readonly downloads: number; readonly downloads_max: number | null; readonly created_at: string; })[]; readonly next_cursor: string | null; };
  };
  "GET /api/v1/status": {
    params: Readonly<Record<never, never>>;
    query: Readonly<Record<never, never>>;
    body: undefined;
    answer: { readonly version: string; readonly nodes: { readonly joining: number; readonly active: number; readonly suspect: number; readonly offline: number; readonly draining: number; readonly drained: number; readonly banned: number; }; readonly files: number; readonly bytes: number; readonly chunks: { readonly total: number; readonly fully_replicated: number; readonly under_replicated: number; }; readonly handoffs: { readonly pending: number; readonly spool_bytes: number; readonly spool_bytes_max: number; }; readonly capacity_bytes: number; readonly used_bytes: number; readonly ledger: { readonly checked_at: string; readonly accounts: number; readonly mismatches: number; readonly total_microcredits: string; } | null; };
  };
  "PATCH /api/v1/admin/users/{id}": {
    params: { readonly id: string; };
    query: Readonly<Record<never, never>>;
    body: { readonly role?: "user" | "operator" | "admin"; readonly disabled?: boolean; };
    answer: { readonly id: string; readonly email: string; readonly name: string; readonly role: "user" | "operator" | "admin"; readonly created_at: string; readonly disabled_at: string | null; readonly credits: { readonly available: string; readonly reserved: string; readonly available_microcredits: string; readonly reserved_microcredits: string; }; readonly stored_files: number; readonly stored_bytes: number; };
  };
  "PATCH /api/v1/files/{id}": {
    params: { readonly id: string; };
    query: Readonly<Record<never, never>>;
    body: { readonly name?: string; readonly folder_id?: null | string; readonly priority?: "expendable" | "low" | "normal" | "high" | "critical"; readonly copies?: number; };
    answer: { readonly file_id: string; readonly filename: string; readonly folder_id: null | string; readonly entry_id: string; readonly version: number; readonly version_count: number; readonly size_bytes: number; readonly content_type: string; readonly content_id: string; readonly chunk_size: number; readonly chunk_count: number; readonly copies: number; readonly priority: "expendable" | "low" | "normal" | "high" | "critical"; readonly created_at: string; readonly completed_at: string; readonly deleted_at?: string; readonly gone_at?: string; readonly path?: readonly ({ readonly id: string; readonly name: string; })[]; readonly replicas?: { readonly promised: number; readonly min: number; readonly pending: number; }; readonly pins?: readonly (string)[]; readonly health?: { readonly state: "whole" | "degraded" | "critical" | "unreadable"; readonly chunks_short: number; readonly chunks_unreadable: number; }; };
  };
  "PATCH /api/v1/folders/{id}": {
    params: { readonly id: string; };
    query: Readonly<Record<never, never>>;
    body: { readonly name?: string; readonly parent_id?: null | string; };
    answer: { readonly id: string; readonly name: string; readonly parent_id: null | string; readonly created_at: string; readonly deleted_at?: string; readonly gone_at?: string; readonly path?: readonly ({ readonly id: string; readonly name: string; })[]; };
  };
  "PATCH /api/v1/jobs/{name}": {
    params: { readonly name: string; };
    query: Readonly<Record<never, never>>;
    body: { readonly throttle: { readonly bytes_per_second?: number; readonly concurrent?: number; }; };
    answer: { readonly name: string; readonly description: string; readonly state: "idle" | "running" | "paused"; readonly interval_ms: number; readonly next_run_at: string | null; readonly last_run: { readonly started_at: string; readonly ended_at: string; readonly failure: string | null; } | null; readonly progress: { readonly done: number; readonly total: number | null; readonly unit: string; } | null; readonly throttle: { readonly bytes_per_second?: number; readonly concurrent?: number; } | null; };
  };
  "POST /api/v1/admin/users/{id}/credits": {
    params: { readonly id: string; };
    query: Readonly<Record<never, never>>;
    body: { readonly amount_microcredits: string; readonly reason: string; };
    answer: { readonly amount: string; readonly amount_microcredits: string; readonly repeated: boolean; readonly balance: { readonly available: string; readonly reserved: string; readonly available_microcredits: string; readonly reserved_microcredits: string; }; };
  };
  "POST /api/v1/archives": {
    params: Readonly<Record<never, never>>;
    query: Readonly<Record<never, never>>;
    body: { readonly file_ids?: readonly (string)[]; readonly folder_ids?: readonly (string)[]; };
    answer: { readonly url: string; readonly expires_at: string; readonly file_count: number; readonly size_bytes: number; };
  };
  "POST /api/v1/auth/credits/purchase": {
    params: Readonly<Record<never, never>>;
    query: Readonly<Record<never, never>>;
    body: { readonly amount_usd: number | string; };
    answer: { readonly payment_id: string; readonly provider: string; readonly status: "completed" | "pending"; readonly checkout_url?: string; readonly expires_at?: string; readonly amount_usd: string; readonly credits: string; readonly balance: { readonly available: string; readonly reserved: string; readonly available_microcredits: string; readonly reserved_microcredits: string; }; };
  };
  "POST /api/v1/auth/login": {
    params: Readonly<Record<never, never>>;
    query: Readonly<Record<never, never>>;
    body: { readonly email: string; readonly password: string; };
    answer: { readonly user: { readonly id: string; readonly email: string; readonly name: string; readonly role: "user" | "operator" | "admin"; readonly created_at: string; }; readonly access_token: string; readonly refresh_token?: string; readonly token_type: "Bearer"; readonly expires_in: number; };
  };
  "POST /api/v1/auth/logout": {
    params: Readonly<Record<never, never>>;
    query: Readonly<Record<never, never>>;
    body: { readonly refresh_token?: string; };
    answer: undefined;
  };
  "POST /api/v1/auth/logout-everywhere": {
    params: Readonly<Record<never, never>>;
    query: Readonly<Record<never, never>>;
    body: undefined;
    answer: { readonly ended: number; };
  };
  "POST /api/v1/auth/refresh": {
    params: Readonly<Record<never, never>>;
    query: Readonly<Record<never, never>>;
    body: { readonly refresh_token?: string; };
    answer: { readonly access_token: string; readonly refresh_token?: string; readonly token_type: "Bearer"; readonly expires_in: number; };
  };
  "POST /api/v1/auth/register": {
    params: Readonly<Record<never, never>>;
    query: Readonly<Record<never, never>>;
    body: { readonly email: string; readonly password: string; readonly name?: string; };
    answer: { readonly user: { readonly id: string; readonly email: string; readonly name: string; readonly role: "user" | "operator" | "admin"; readonly created_at: string; }; readonly access_token: string; readonly refresh_token?: string; readonly token_type: "Bearer"; readonly expires_in: number; };
  };
  "POST /api/v1/files": {
    params: Readonly<Record<never, never>>;
    query: { readonly filename?: string; readonly folder_id?: string; readonly copies?: number; };
    body: undefined;
    answer: { readonly file_id: string; readonly filename: string; readonly folder_id: null | string; readonly entry_id: string; readonly version: number; readonly version_count: number; readonly size_bytes: number; readonly content_type: string; readonly content_id: string; readonly chunk_size: number; readonly chunk_count: number; readonly copies: number; readonly priority: "expendable" | "low" | "normal" | "high" | "critical"; readonly created_at: string; readonly completed_at: string; readonly deleted_at?: string; readonly gone_at?: string; readonly path?: readonly ({ readonly id: string; readonly name: string; })[]; readonly replicas?: { readonly promised: number; readonly min: number; readonly pending: number; }; readonly pins?: readonly (string)[]; readonly health?: { readonly state: "whole" | "degraded" | "critical" | "unreadable"; readonly chunks_short: number; readonly chunks_unreadable: number; }; };
  };
  "POST /api/v1/files/upload/initiate": {
    params: Readonly<Record<never, never>>;
    query: Readonly<Record<never, never>>;
    body: { readonly filename: string; readonly folder_id?: null | string; readonly size_bytes: number; readonly content_type?: string; readonly sha256?: string; readonly md5?: string; readonly copies?: number; };
    answer: { readonly session_id: string; readonly file_id: string; readonly filename: string; readonly size_bytes: number; readonly chunk_size: number; readonly chunk_count: number; readonly expires_at: string; };
  };
  "POST /api/v1/files/upload/{id}/chunk": {
    params: { readonly id: string; };
    query: { readonly index?: number; };
    body: { readonly chunk_index: number; readonly data: string; };
    answer: { readonly session_id: string; readonly index: number; readonly chunk_name: string; readonly replicas: number; readonly chunk_count: number; };
  };
  "POST /api/v1/files/upload/{id}/complete": {
    params: { readonly id: string; };
    query: Readonly<Record<never, never>>;
    body: { readonly sha256?: string; readonly md5?: string; };
    answer: { readonly file_id: string; readonly filename: string; readonly folder_id: null | string; readonly entry_id: string; readonly version: number; readonly version_count: number; readonly size_bytes: number; readonly content_type: string; readonly content_id: string; readonly chunk_size: number; readonly chunk_count: number; readonly copies: number; readonly priority: "expendable" | "low" | "normal" | "high" | "critical"; readonly created_at: string; readonly completed_at: string; readonly deleted_at?: string; readonly gone_at?: string; readonly path?: readonly ({ readonly id: string; readonly name: string; })[]; readonly replicas?: { readonly promised: number; readonly min: number; readonly pending: number; }; readonly pins?: readonly (string)[]; readonly health?: { readonly state: "whole" | "degraded" | "critical" | "unreadable"; readonly chunks_short: number; readonly chunks_unreadable: number; }; };
  };
  "POST /api/v1/files/{id}/make-current": {
    params: { readonly id: string; };
    query: Readonly<Record<never, never>>;
    body: undefined;
    answer: { readonly file_id: string; readonly filename: string; readonly folder_id: null | string; readonly entry_id: string; readonly version: number; readonly version_count: number; readonly size_bytes: number; readonly content_type: string; readonly content_id: string; readonly chunk_size: number; readonly chunk_count: number; readonly copies: number; readonly priority: "expendable" | "low" | "normal" | "high" | "critical"; readonly created_at: string; readonly completed_at: string; readonly deleted_at?: string; readonly gone_at?: string; readonly path?: readonly ({ readonly id: string; readonly name: string; })[]; readonly replicas?: { readonly promised: number; readonly min: number; readonly pending: number; }; readonly pins?: readonly (string)[]; readonly health?: { readonly state: "whole" | "degraded" | "critical" | "unreadable"; readonly chunks_short: number; readonly chunks_unreadable: number; }; };
  };
  "POST /api/v1/files/{id}/restore": {
    params: { readonly id: string; };
    query: Readonly<Record<never, never>>;
    body: undefined;
    answer: { readonly file_id: string; readonly filename: string; readonly folder_id: null | string; readonly entry_id: string; readonly version: number; readonly version_count: number; readonly size_bytes: number; readonly content_type: string; readonly content_id: string; readonly chunk_size: number; readonly chunk_count: number; readonly copies: number; readonly priority: "expendable" | "low" | "normal" | "high" | "critical"; readonly created_at: string; readonly completed_at: string; readonly deleted_at?: string; readonly gone_at?: string; readonly path?: readonly ({ readonly id: string; readonly name: string; })[]; readonly replicas?: { readonly promised: number; readonly min: number; readonly pending: number; }; readonly pins?: readonly (string)[]; readonly health?: { readonly state: "whole" | "degraded" | "critical" | "unreadable"; readonly chunks_short: number; readonly chunks_unreadable: number; }; };
  };
  "POST /api/v1/files/{id}/shares": {
    params: { readonly id: string; };
    query: Readonly<Record<never, never>>;
    body: { readonly expires_in_s?: number; readonly password?: string; readonly downloads_max?: number; readonly sealed?: boolean; };
    answer: { readonly id: string; readonly file_id: string | null; readonly filename: string | null; readonly token: string; readonly url_path: string; readonly has_password: boolean; readonly sealed: boolean; readonly expires_at: string | null; readonly downloads: number; readonly downloads_max: number | null; readonly created_at: string; };
  };
  "POST /api/v1/files/{id}/ticket": {
    params: { readonly id: string; };
    query: Readonly<Record<never, never>>;
    body: { readonly disposition: "inline" | "attachment"; };
    answer: { readonly url: string; readonly expires_at: string; };
  };
  "POST /api/v1/folders": {
    params: Readonly<Record<never, never>>;
    query: Readonly<Record<never, never>>;
    body: { readonly name: string; readonly parent_id?: null | string; };
    answer: { readonly id: string; readonly name: string; readonly parent_id: null | string; readonly created_at: string; readonly deleted_at?: string; readonly gone_at?: string; readonly path?: readonly ({ readonly id: string; readonly name: string; })[]; };
  };
  "POST /api/v1/folders/ensure": {
    params: Readonly<Record<never, never>>;
    query: Readonly<Record<never, never>>;
    body: { readonly path: string; readonly parent_id?: null | string; };
    answer: { readonly id: string; readonly name: string; readonly parent_id: null | string; readonly created_at: string; readonly deleted_at?: string; readonly gone_at?: string; readonly path?: readonly ({ readonly id: string; readonly name: string; })[]; };
  };
  "POST /api/v1/folders/{id}/restore": {
    params: { readonly id: string; };
    query: Readonly<Record<never, never>>;
    body: undefined;
    answer: { readonly id: string; readonly name: string; readonly parent_id: null | string; readonly created_at: string; readonly deleted_at?: string; readonly gone_at?: string; readonly path?: readonly ({ readonly id: string; readonly name: string; })[]; };
  };
  "POST /api/v1/jobs/{name}/pause": {
    params: { readonly name: string; };
    query: Readonly<Record<never, never>>;
    body: undefined;
    answer: { readonly name: string; readonly description: string; readonly state: "idle" | "running" | "paused"; readonly interval_ms: number; readonly next_run_at: string | null; readonly last_run: { readonly started_at: string; readonly ended_at: string; readonly failure: string | null; } | null; readonly progress: { readonly done: number; readonly total: number | null; readonly unit: string; } | null; readonly throttle: { readonly bytes_per_second?: number; readonly concurrent?: number; } | null; };
  };
  "POST /api/v1/jobs/{name}/resume": {
    params: { readonly name: string; };
    query: Readonly<Record<never, never>>;
    body: undefined;
    answer: { readonly name: string; readonly description: string; readonly state: "idle" | "running" | "paused"; readonly interval_ms: number; readonly next_run_at: string | null; readonly last_run: { readonly started_at: string; readonly ended_at: string; readonly failure: string | null; } | null; readonly progress: { readonly done: number; readonly total: number | null; readonly unit: string; } | null; readonly throttle: { readonly bytes_per_second?: number; readonly concurrent?: number; } | null; };
  };
  "POST /api/v1/jobs/{name}/run": {
    params: { readonly name: string; };
    query: Readonly<Record<never, never>>;
    body: undefined;
    answer: { readonly name: string; readonly description: string; readonly state: "idle" | "running" | "paused"; readonly interval_ms: number; readonly next_run_at: string | null; readonly last_run: { readonly started_at: string; readonly ended_at: string; readonly failure: string | null; } | null; readonly progress: { readonly done: number; readonly total: number | null; readonly unit: string; } | null; readonly throttle: { readonly bytes_per_second?: number; readonly concurrent?: number; } | null; };
  };
  "POST /api/v1/nodes/evictions": {
    params: Readonly<Record<never, never>>;
    query: Readonly<Record<never, never>>;
    body: { readonly wanted_bytes: number; readonly candidates: readonly (string)[]; readonly strategy?: "lru" | "priority" | "redundant" | "hybrid"; };
    answer: { readonly release: readonly (string)[]; readonly epoch: number; readonly leaving_bytes: number; };
  };
  "POST /api/v1/nodes/heartbeat": {
    params: Readonly<Record<never, never>>;
    query: Readonly<Record<never, never>>;
    body: { readonly addresses: readonly (string)[]; readonly capacity_bytes: number; readonly used_bytes: number; readonly free_bytes: number; readonly version: string; readonly chunk_count: number; readonly draining: boolean; readonly free_bytes_own?: number; readonly wanted_free_bytes?: number; readonly lost?: readonly (string)[]; };
    answer: { readonly status: "joining" | "active" | "suspect" | "offline" | "draining" | "drained" | "banned"; readonly coordinator: { readonly peer_id: string; readonly addresses: readonly (string)[]; }; readonly heartbeat_interval_ms: number; readonly members: readonly (string)[]; readonly credits: { readonly earned: string; readonly pending: string; readonly paid: string; }; readonly drain?: { readonly chunks_left: number; readonly bytes_left: number; readonly waiting: readonly ({ readonly reason: "no_node_with_room" | "no_readable_copy" | "pinned_node_takes_nothing" | "repair_paused" | "repair_held_back"; readonly chunks: number; })[]; readonly safe_to_stop: boolean; }; };
  };
  "POST /api/v1/nodes/join-tokens": {
    params: Readonly<Record<never, never>>;
    query: Readonly<Record<never, never>>;
    body: { readonly uses?: number; readonly expires_in_s?: number; };
    answer: { readonly join_token: string; readonly expires_at: string; readonly uses: number; readonly command: string; };
  };
  "POST /api/v1/nodes/register": {
    params: Readonly<Record<never, never>>;
    query: Readonly<Record<never, never>>;
    body: { readonly join_token: string; readonly name: string; readonly peer_id: string; readonly addresses: readonly (string)[]; readonly capacity_bytes: number; readonly used_bytes: number; readonly free_bytes: number; readonly version: string; readonly labels: Readonly<Record<string, string>>; readonly timestamp_ms: number; readonly signature: string; };
    answer: { readonly node_id: string; readonly api_key: string; readonly coordinator: { readonly peer_id: string; readonly addresses: readonly (string)[]; }; readonly heartbeat_interval_ms: number; readonly members: readonly (string)[]; };
  };
  "POST /api/v1/nodes/{id}/ban": {
    params: { readonly id: string; };
    query: Readonly<Record<never, never>>;
    body: undefined;
    answer: { readonly id: string; readonly name: string; readonly status: "joining" | "active" | "suspect" | "offline" | "draining" | "drained" | "banned"; readonly addresses: readonly (string)[]; readonly labels: Readonly<Record<string, string>>; readonly capacity_bytes: number; readonly used_bytes: number; readonly free_bytes: number; readonly chunk_count: number; readonly last_heartbeat_at: string | null; readonly joined_at: string; readonly operator_id: string; readonly version: string; readonly reputation?: { readonly standing: "vetting" | "trusted" | "suspended" | "disqualified"; readonly why: string; readonly reliability: number; readonly audit_score: number; readonly error_score: number; readonly online_share: number; readonly passed: number; readonly vetted_at: string | null; readonly suspended_at: string | null; readonly disqualified_at: string | null; readonly closer_look_until: string | null; }; };
  };
  "POST /api/v1/rebalance": {
    params: Readonly<Record<never, never>>;
    query: Readonly<Record<never, never>>;
    body: { readonly dry_run?: boolean; };
    answer: { readonly dry_run: boolean; readonly mean_fill: number; readonly moves_count: number; readonly bytes: number; readonly moves: readonly ({ readonly chunk: string; readonly from: string; readonly to: string; readonly bytes: number; })[]; };
  };
  "POST /api/v1/shared/{token}/ticket": {
    params: { readonly token: string; };
    query: Readonly<Record<never, never>>;
    body: { readonly password?: string; readonly disposition: "inline" | "attachment"; };
    answer: { readonly url: string; readonly expires_at: string; readonly file: { readonly name: string; readonly size_bytes: number; readonly media_type: string; readonly sealed: boolean; readonly expires_at: string | null; readonly downloads_left: number | null; readonly owner_name: string; }; };
  };
  "PUT /api/v1/auth/password": {
    params: Readonly<Record<never, never>>;
    query: Readonly<Record<never, never>>;
    body: { readonly current_password: string; readonly new_password: string; readonly refresh_token?: string; };
    answer: { readonly ended: number; };
  };
  "PUT /api/v1/files/{id}/pins/{node}": {
    params: { readonly id: string; readonly node: string; };
    query: Readonly<Record<never, never>>;
    body: undefined;
    answer: { readonly warning: string | null; };
  };
  "PUT /api/v1/files/{path}": {
    params: { readonly path: string; };
    query: { readonly copies?: number; };
    body: undefined;
    answer: { readonly file_id: string; readonly filename: string; readonly folder_id: null | string; readonly entry_id: string; readonly version: number; readonly version_count: number; readonly size_bytes: number; readonly content_type: string; readonly content_id: string; readonly chunk_size: number; readonly chunk_count: number; readonly copies: number; readonly priority: "expendable" | "low" | "normal" | "high" | "critical"; readonly created_at: string; readonly completed_at: string; readonly deleted_at?: string; readonly gone_at?: string; readonly path?: readonly ({ readonly id: string; readonly name: string; })[]; readonly replicas?: { readonly promised: number; readonly min: number; readonly pending: number; }; readonly pins?: readonly (string)[]; readonly health?: { readonly state: "whole" | "degraded" | "critical" | "unreadable"; readonly chunks_short: number; readonly chunks_unreadable: number; }; };
  };
}
