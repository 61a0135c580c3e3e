/** Ids of files, uploads and accounts (UUIDs), and of nodes (peer ids of Ed25519 keys). */
const ID = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|12D3KooW[1-9A-HJ-NP-Za-km-z]{44})$/;

/**
 * A path as a log may show it: words that a route has, and ids; anything else is `*`. Its length is bounded by the
 * routes'.
 * @param templates of the routes that it may belong to: `/files/:id`, or with `*` as the last segment
 */
export function shownPath(path: string, templates: Iterable<string>): string {
  const segments = path.split("/");
  let longest: readonly string[] = [];
  for (const template of templates) {
    const shown = shownBy(template.split("/"), segments);
    if (shown.length > longest.length) longest = shown;
  }
  return longest.length === segments.length ? longest.join("/") : [...longest, "*"].join("/");
}

/** The segments for as long as they are the template's. */
function shownBy(template: readonly string[], segments: readonly string[]): readonly string[] {
  const shown: string[] = [];
  for (const [index, segment] of segments.entries()) {
    const part = template[index];
    if (part === undefined || part === "*") break;
    if (part.startsWith(":")) shown.push(ID.test(segment) ? segment : "*");
    else if (part === segment) shown.push(segment);
    else break;
  }
  return shown;
}

/** A path without the token of a link to a shared file, which lets whoever reads it in a log read the file. */
export function withoutLinkToken(path: string): string {
  return path.replace(/^((?:\/+api\/v1)?\/+shared\/+)[^/]+/i, "$1*");
}
