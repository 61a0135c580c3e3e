import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const shared = ["", "sealed/"].flatMap((folder) =>
  readdirSync(`${import.meta.dirname}/${folder}`)
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .map((name) => `${folder}${name}`),
);

test.each(shared)(
  "%s runs in a browser: it imports only its neighbours and core, and uses nothing of Node's",
  (name) => {
    const source = readFileSync(`${import.meta.dirname}/${name}`, "utf8");
    const imports = [...source.matchAll(/from "([^"]+)"/g)].map((match) => match[1]!);
    for (const path of imports) expect(path).toMatch(/^(\.\.?\/(sealed\/)?[a-z-]+\.ts|@commonhold\/core\/.+)$/);
    expect(source).not.toMatch(/\b(Buffer\.|process\.|setImmediate\(|__dirname)/);
  },
);
