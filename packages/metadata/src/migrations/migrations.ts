import { foundation } from "./0001-foundation.ts";
import { durability } from "./0002-durability.ts";
import { economy } from "./0003-economy.ts";
import { folders } from "./0004-folders.ts";
import { shares } from "./0005-shares.ts";
import { administration } from "./0006-administration.ts";
import { freeEntries } from "./0007-free-entries.ts";
import type { Migration } from "./migration.ts";

/** Every step of the schema, oldest first; versions count 1, 2, 3, … */
export const migrations: readonly Migration[] = [
  foundation,
  durability,
  economy,
  folders,
  shares,
  administration,
  freeEntries,
];
