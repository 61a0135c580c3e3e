const nameOf = (sessionId: string) => `commonhold-upload-${sessionId}`;

function browserLocks(): LockManager | undefined {
  return (navigator as { readonly locks?: LockManager }).locks;
}

/** Tells the browser's other tabs that this one sends the upload. @returns to be called at its end */
export function holdUpload(sessionId: string): () => void {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  void browserLocks()?.request(nameOf(sessionId), () => held);
  return release;
}

/** Whether a tab sends the upload now. */
export async function isHeldElsewhere(sessionId: string): Promise<boolean> {
  const held = (await browserLocks()?.query())?.held ?? [];
  return held.some(({ name }) => name === nameOf(sessionId));
}
