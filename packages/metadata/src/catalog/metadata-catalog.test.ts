import { createMetadataHarness } from "./catalog.fixture.ts";
import { describeDeletionContract } from "./deletion.contract.ts";
import { describeCatalogContract } from "./replica-catalog.contract.ts";

describeCatalogContract("over the metadata", createMetadataHarness);
describeDeletionContract("over the metadata", createMetadataHarness);
