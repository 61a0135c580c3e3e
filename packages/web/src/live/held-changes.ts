let held = 0;

/** While many things are changed one after the other, the lists show them as they will be: what is half done waits. */
export async function holdingChanges<T>(action: () => Promise<T>): Promise<T> {
  held += 1;
  try {
    return await action();
  } finally {
    held -= 1;
  }
}

export function areChangesHeld(): boolean {
  return held > 0;
}
