import { setTimeout as delay } from "node:timers/promises";
import type { CliContext } from "../../cli-context.ts";
import { commandName } from "../../command-name.ts";
import type { NodeStatus } from "../../roles/node-admin.ts";
import { usageError } from "../../usage.ts";
import { drainProgressOf } from "./drain-progress.ts";
import { openChosenNode } from "./node-folder.ts";
import { waitUntilEmpty } from "./wait-until-empty.ts";

export async function drain(
  context: CliContext,
  options: { readonly data?: string; readonly cancel?: boolean; readonly wait?: boolean },
): Promise<void> {
  const { output, signal } = context;
  if (options.cancel === true && options.wait === true) throw usageError("give --cancel or --wait, not both");
  const admin = await openChosenNode(options.data);
  const status = await admin.setDraining(options.cancel !== true, signal);
  if (options.wait !== true) return show(context, status, options.data);
  if (!output.json) describe(context, status);
  const sleep = (ms: number) => delay(ms, undefined, { signal }).catch(() => undefined);
  const last = await waitUntilEmpty({ status: () => admin.status(signal), sleep, output }, status, signal);
  if (output.json) output.document(last);
}

export async function undrain(context: CliContext, options: { readonly data?: string }): Promise<void> {
  await drain(context, { ...options, cancel: true });
}

function show(context: CliContext, status: NodeStatus, data: string | undefined): void {
  const { env, output } = context;
  if (output.json) return output.document(status);
  describe(context, status);
  if (!status.draining || status.safe_to_stop) return;
  const name = commandName(env);
  const where = data === undefined ? "" : ` --data ${data}`;
  output.note(`Let it run until then: "${name} node drain --wait${where}" says when;`);
  output.note(`"${name} node undrain${where}" takes it back.`);
}

function describe({ output }: CliContext, status: NodeStatus): void {
  if (!status.draining) return output.line(`${status.name} takes chunks again`);
  output.line(`${status.name} takes no new chunks and goes on serving those that it holds: ${drainProgressOf(status)}`);
}
