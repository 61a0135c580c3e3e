import { COPIES_OF_PRIORITY } from "@commonhold/core/priority.ts";

/** Of every chunk, as a coordinator without settings keeps them; the same on the floor. */
export const COPIES = COPIES_OF_PRIORITY.normal;
