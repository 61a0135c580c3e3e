import type { AppErrorRecord } from "@commonhold/core/app-error.ts";

/** What a role's process tells the process that started it. */
export type RoleMessage =
  | { readonly kind: "ready"; readonly url: string }
  | { readonly kind: "failed"; readonly error: AppErrorRecord }
  /** All of it is closed, and its process is about to exit. */
  | { readonly kind: "stopped" };

export function isRoleMessage(value: unknown): value is RoleMessage {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  if (value.kind === "ready") return "url" in value && typeof value.url === "string";
  if (value.kind === "stopped") return true;
  return value.kind === "failed" && "error" in value && typeof value.error === "object";
}
