import { createMemoryHarness } from "./catalog.fixture.ts";
import { describeDeletionContract } from "./deletion.contract.ts";
import { describeCatalogContract } from "./replica-catalog.contract.ts";

describeCatalogContract("in memory", createMemoryHarness);
describeDeletionContract("in memory", createMemoryHarness);
