import { apiTypes } from "./api-types.ts";
import { readApiDocument } from "./read-api-document.ts";

/** Where the web app's types of the API stand, from the project's folder. */
export const WEB_API_TYPES = "packages/web/src/gen/api-calls.ts";

export async function webApiTypes(): Promise<string> {
  return apiTypes(await readApiDocument());
}
