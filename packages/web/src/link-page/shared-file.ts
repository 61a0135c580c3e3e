import type { Answer } from "../api/api.ts";

/** What a link says of the file that it leads to. */
export type SharedFile = Answer<"POST /api/v1/shared/{token}/ticket">["file"];
