/** How much a file matters to its owner, the least first. */
export const PRIORITIES = ["expendable", "low", "normal", "high", "critical"] as const;
export type Priority = (typeof PRIORITIES)[number];

/** Copies that each priority promises, unless a file asks for another number. */
export const COPIES_OF_PRIORITY: Readonly<Record<Priority, number>> = {
  expendable: 1,
  low: 1,
  normal: 3,
  high: 3,
  critical: 5,
};

/** The most copies that a file may ask for. */
export const COPIES_MAX = 16;

export function isPriority(text: string): text is Priority {
  return (PRIORITIES as readonly string[]).includes(text);
}

/** 0 for the least important. */
export function priorityRank(priority: Priority): number {
  return PRIORITIES.indexOf(priority);
}
