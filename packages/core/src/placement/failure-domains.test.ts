import { describe, expect, it } from "vitest";
import { DOMAIN_LABELS, indexDomains, NO_DOMAIN } from "./failure-domains.ts";

describe("indexDomains", () => {
  const index = indexDomains([
    { operatorId: "ann", labels: { network: "n1", site: "cellar" } },
    { operatorId: "bob", labels: { network: "n1", rack: "r1" } },
    { operatorId: "ann", labels: { network: "n1", site: "cellar", rack: "r2" } },
    { operatorId: "bob", labels: { network: "n1", site: "attic", operator: "ann" } },
  ]);
  const domainsOf = (label: (typeof DOMAIN_LABELS)[number]): number[] => [
    ...index.domains[DOMAIN_LABELS.indexOf(label)]!,
  ];

  it("numbers the domains of each label and counts their nodes", () => {
    expect(domainsOf("operator")).toEqual([0, 1, 0, 1]);
    expect(domainsOf("network")).toEqual([0, 0, 0, 0]);
    expect(domainsOf("site")).toEqual([0, NO_DOMAIN, 0, 1]);
    expect(domainsOf("power")).toEqual([NO_DOMAIN, NO_DOMAIN, NO_DOMAIN, NO_DOMAIN]);
    expect(index.sizes).toEqual([[2, 2], [4], [2, 1], []]);
  });

  it("puts nodes in one class when all four labels agree, whatever other labels say", () => {
    expect([...index.classes]).toEqual([0, 1, 0, 2]);
  });
});
