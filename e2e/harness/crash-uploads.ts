import { expect } from "vitest";
import type { RoleProcess } from "./role-process.ts";
import type { StepTrap } from "./step-trap.ts";
import type { TestNetwork } from "./test-network.ts";
import { Refusal, UploadByHand } from "./upload-by-hand.ts";
import { waitUntil } from "./wait-until.ts";

const ATTEMPTS_MAX = 8;

export type UploadKind = "inSteps" | "inOneStep";

/** What was uploaded until a role fell into a trap. */
export interface TrappedUploads {
  /** Answered for as a whole. */
  readonly complete: readonly UploadByHand[];
  /** Their connection broke. */
  readonly cutOff: readonly UploadByHand[];
  /** The coordinator refused them, as one that is stopping may. */
  readonly refused: readonly Refusal[];
}

let count = 0;

export interface TrapCourse {
  readonly role: () => RoleProcess;
  readonly kind: UploadKind;
  readonly sizeBytes: number;
  /** Stands still while an upload is answered and goes on afterwards, so that its copies are surely late. */
  readonly lateNode?: RoleProcess;
}

/** Uploads one file after another until the role falls into its trap, and waits until it has ended. */
export async function uploadUntilTrapped(
  network: TestNetwork,
  trap: StepTrap,
  options: TrapCourse,
): Promise<TrappedUploads> {
  const complete: UploadByHand[] = [];
  const cutOff: UploadByHand[] = [];
  const refused: Refusal[] = [];
  for (let attempt = 0; attempt < ATTEMPTS_MAX && !trap.hasSprung; attempt++) {
    const upload = new UploadByHand(network, `crash-${++count}`, options.sizeBytes);
    options.lateNode?.signal("SIGSTOP");
    try {
      await upload[options.kind]();
      complete.push(upload);
    } catch (error) {
      if (error instanceof Refusal) refused.push(error);
      else cutOff.push(upload);
    } finally {
      options.lateNode?.signal("SIGCONT");
    }
  }
  const counts = `${complete.length} uploads complete, ${cutOff.length} cut off, ${refused.length} refused`;
  const why = refused.length === 0 ? "" : `: ${refused.at(-1)!.message}`;
  await waitUntil(
    `the trap to spring and its role to end (${counts}${why})`,
    async () => trap.hasSprung && options.role().hasEnded,
  );
  return { complete, cutOff, refused };
}

/** Each can be downloaded, and every byte is right. */
export async function expectWhole(uploads: readonly UploadByHand[]): Promise<void> {
  for (const upload of uploads) {
    expect(Buffer.from(await upload.download()).equals(upload.bytes), upload.name).toBe(true);
  }
}
