/**
 * What replicas must not share, most important first: the person who runs the node, its network, its site, its power.
 * A node without a label clashes with nobody on that label.
 */
export const DOMAIN_LABELS = ["operator", "network", "site", "power"] as const;
export type DomainLabel = (typeof DOMAIN_LABELS)[number];

export interface DomainMember {
  readonly operatorId: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Stands for a missing label. */
export const NO_DOMAIN = -1;

/** Nodes by their place in the list that was indexed, domains as small integers. */
export interface DomainIndex {
  /** By label (in the order of `DOMAIN_LABELS`), then by node: the number of the node's domain, or `NO_DOMAIN`. */
  readonly domains: readonly Int32Array[];
  /** By label, then by domain: how many nodes are in it. */
  readonly sizes: readonly (readonly number[])[];
  /** By node: nodes of one class are in the same domain on every label. */
  readonly classes: Int32Array;
}

export function indexDomains(nodes: readonly DomainMember[]): DomainIndex {
  const domains = DOMAIN_LABELS.map(() => new Int32Array(nodes.length));
  const sizes = DOMAIN_LABELS.map((): number[] => []);
  const classes = new Int32Array(nodes.length);
  const domainOf = DOMAIN_LABELS.map(() => new Map<string, number>());
  const classOf = new Map<string, number>();
  for (const [node, member] of nodes.entries()) {
    for (const [label, name] of DOMAIN_LABELS.entries()) {
      const value = name === "operator" ? member.operatorId : member.labels[name];
      const domain = value === undefined ? NO_DOMAIN : numberOf(domainOf[label]!, value);
      domains[label]![node] = domain;
      if (domain !== NO_DOMAIN) sizes[label]![domain] = (sizes[label]![domain] ?? 0) + 1;
    }
    classes[node] = numberOf(classOf, domains.map((ofLabel) => ofLabel[node]).join());
  }
  return { domains, sizes, classes };
}

function numberOf<Key>(numbers: Map<Key, number>, key: Key): number {
  let number = numbers.get(key);
  if (number === undefined) {
    number = numbers.size;
    numbers.set(key, number);
  }
  return number;
}
