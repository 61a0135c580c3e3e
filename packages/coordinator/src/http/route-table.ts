/** Knows which methods an address takes, for the Allow header of a 405 answer (RFC 9110, 15.5.6). */
export class RouteTable {
  readonly #routes: { readonly segments: readonly string[]; readonly methods: readonly string[] }[] = [];

  /** @param template a route's address: `/nodes/:id`, or with `*` as its last segment for everything below */
  add(template: string, methods: readonly string[]): void {
    this.#routes.push({ segments: template.split("/"), methods });
  }

  /** @param path without query; the result is sorted, and empty where no route has this address */
  methodsOf(path: string): readonly string[] {
    const segments = path.split("/");
    const methods = this.#routes.filter((route) => matches(route.segments, segments)).flatMap((route) => route.methods);
    return [...new Set(methods)].sort();
  }
}

function matches(template: readonly string[], segments: readonly string[]): boolean {
  if (template.at(-1) === "*") {
    const fixed = template.slice(0, -1);
    return segments.length >= template.length && matches(fixed, segments.slice(0, fixed.length));
  }
  return (
    template.length === segments.length &&
    template.every((part, index) => (part.startsWith(":") ? segments[index] !== "" : part === segments[index]))
  );
}
