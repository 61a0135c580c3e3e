import { choose, galleryPage, type GalleryPage, goToFiles, row, showDetails } from "./gallery-page.ts";
import type { Stage } from "./gallery-stage.ts";
import { makeUpEconomy } from "./made-up-economy.ts";

const waysIn: readonly GalleryPage[] = [
  galleryPage({
    name: "sign-in",
    title: "The way in",
    who: "nobody",
    isKeptDark: true,
    open: async ({ go, page }) => {
      await go("/");
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
    },
  }),
  galleryPage({
    name: "first-start",
    title: "The way in, at a first start",
    who: "nobody",
    open: async ({ go, page }) => {
      // As long as there is no account but the first, which the other pages need more of.
      const json = { email: "trial@commonhold.local", password_file: "data/coordinator/first-account.json" };
      await page.route("**/auth/trial-account", (route) => route.fulfill({ json }));
      await go("/");
      await page.getByText("trial@commonhold.local").waitFor();
    },
  }),
  galleryPage({
    name: "sign-up",
    title: "A new account",
    who: "nobody",
    open: async ({ go, page }) => {
      await go("/");
      await page.getByRole("button", { name: "New here?" }).click();
      await page.getByText("At least 10 characters").waitFor();
    },
  }),
];

const ofFiles: readonly GalleryPage[] = [
  galleryPage({
    name: "search",
    title: "Search",
    open: async ({ go, page }) => {
      await go("/search?q=pri");
      await row(page, "Spring concert.webm").waitFor();
    },
  }),
  galleryPage({
    name: "search-nothing",
    title: "Search that finds nothing",
    open: async ({ go, page }) => {
      await go("/search?q=penguin");
      await page.getByText("No name has that in it").waitFor();
    },
  }),
  galleryPage({
    name: "trash",
    title: "The trash",
    open: async ({ go, page }) => {
      await go("/trash");
      await row(page, "Old programme.md").waitFor();
    },
  }),
];

/** Waits until the figures of the network are there. */
async function goToNetwork({ go, page }: Stage, verdict: string): Promise<void> {
  await go("/network");
  await page.getByText(verdict).waitFor();
  await page.locator(".figures").waitFor();
  await page.getByRole("table").getByText("attic").waitFor();
}

async function goToNode({ go, page, gallery }: Stage): Promise<void> {
  await makeUpEconomy(page);
  await go(`/nodes/${await gallery.nodeId("attic")}`);
  await page.getByRole("table", { name: /^Earnings by day/ }).waitFor();
  await page.getByText("the node itself says that it has lost it").waitFor();
}

const ofNodes: readonly GalleryPage[] = [
  galleryPage({
    name: "network",
    title: "The network, all well",
    isKeptDark: true,
    open: (stage) => goToNetwork(stage, "All files are whole"),
  }),
  galleryPage({
    name: "lend",
    title: "Lending a disk",
    open: async ({ go, page }) => {
      await go("/lend");
      await page.getByRole("button", { name: "Make a token" }).click();
      await page.getByText(/commonhold node init/).waitFor();
    },
  }),
  galleryPage({
    name: "nodes",
    title: "One's own nodes",
    open: async ({ go, page }) => {
      await go("/nodes");
      await page.getByRole("link", { name: "attic" }).waitFor();
    },
  }),
  galleryPage({
    name: "node",
    title: "A node: earnings, uptime, checks",
    isWhole: true,
    open: goToNode,
  }),
  galleryPage({
    name: "account",
    title: "The account",
    isWhole: true,
    open: async ({ go, page }) => {
      await makeUpEconomy(page);
      await go("/account");
      await page.getByRole("img", { name: /^Credits charged/ }).waitFor();
      await page.getByText("This browser").first().waitFor();
      await page.getByText("Reserved for the upload of").first().waitFor();
    },
  }),
  galleryPage({
    name: "password",
    title: "Another password",
    open: async ({ go, page }) => {
      await go("/account");
      await page.getByRole("button", { name: "Change password" }).click();
      await page.getByRole("dialog", { name: "Change password" }).waitFor();
    },
  }),
];

/** A copy is under way for milliseconds here, so two are made up, and a part that cannot be repaired. */
async function goToRepair({ go, page, gallery }: Stage): Promise<void> {
  const [from, near, far] = await Promise.all(["boathouse", "attic", "library"].map((name) => gallery.nodeId(name)));
  const underWay = (chunk: string, to: string | undefined) => ({ chunk: chunk.repeat(8), from, to, bytes: 2_097_180 });
  const stuck = { chunk: "c41f09e2".repeat(8), reason: "no_node_with_room", since: new Date().toISOString() };
  await page.route("**/api/v1/repair", async (route) => {
    const answer = await gallery.network.call("/api/v1/repair");
    const repair = (await answer.json()) as Readonly<Record<string, object>>;
    const unrepairable = { ...repair["unrepairable"], chunks: 1, items: [stuck] };
    const copies = [underWay("5b0ce3d1", near), underWay("9a72f4c8", far)];
    await route.fulfill({ json: { ...repair, unrepairable, in_flight: copies, in_flight_count: copies.length } });
  });
  await go("/admin/repair");
  await page.getByRole("table", { name: "Being copied now" }).waitFor();
  await page.getByText(/on the move.* left, at /).waitFor();
}

const inTrouble: readonly GalleryPage[] = [
  galleryPage({
    name: "network-repairing",
    title: "The network, with one node silent and one leaving",
    phase: "trouble",
    isKeptDark: true,
    open: (stage) => goToNetwork(stage, "Silent"),
  }),
  galleryPage({
    name: "repair",
    title: "Repair, part by part",
    phase: "trouble",
    open: goToRepair,
  }),
  galleryPage({
    name: "details-repairing",
    title: "Details of a file whose copies move",
    phase: "trouble",
    open: async (stage) => {
      // At the top of the list, or it is not among the rows in sight.
      await goToFiles(stage, "?sort=-size_bytes", "Photos 2025.tar");
      await showDetails(stage, "Photos 2025.tar");
      await stage.page
        .getByRole("complementary", { name: "Details" })
        .getByText(/on disks now/)
        .waitFor();
    },
  }),
  galleryPage({
    name: "all-nodes",
    title: "All nodes",
    phase: "trouble",
    open: async ({ go, page }) => {
      await go("/admin/nodes");
      await page.getByRole("table").getByText("Leaving").waitFor();
    },
  }),
  galleryPage({
    name: "node-history",
    title: "What a node went through",
    phase: "trouble",
    open: async ({ go, page }) => {
      await go("/admin/nodes");
      await choose(page, "boathouse", "History");
      await page.getByRole("dialog").getByText("→ Leaving").waitFor();
    },
  }),
  galleryPage({
    name: "node-remove",
    title: "Removing a node",
    phase: "trouble",
    open: async ({ go, page }) => {
      await go("/admin/nodes");
      await choose(page, "school", "Remove…");
      await page.getByRole("dialog").getByRole("button", { name: "Remove it", exact: true }).waitFor();
    },
  }),
];

async function goToPeople({ go, page }: Stage): Promise<void> {
  await go("/admin/people");
  await page.getByText("visitor@example.org").first().waitFor();
}

const ofAdmins: readonly GalleryPage[] = [
  galleryPage({ name: "people", title: "People", open: goToPeople }),
  galleryPage({
    name: "grant",
    title: "Giving credits",
    open: async (stage) => {
      await goToPeople(stage);
      await stage.page.getByRole("button", { name: "Give credits…: grace@example.org" }).click();
      await stage.page.getByLabel("Credits", { exact: true }).fill("12.5");
      await stage.page.getByLabel("Reason").fill("For mending the water butt");
    },
  }),
  galleryPage({
    name: "jobs",
    title: "Periodic work",
    isWhole: true,
    open: async ({ go, page }) => {
      await go("/admin/jobs");
      await page.getByRole("button", { name: "Run now: repair" }).waitFor();
    },
  }),
  galleryPage({
    name: "settings",
    title: "Settings in force",
    open: async ({ go, page }) => {
      await go("/admin/settings");
      await page.getByText("environment").first().waitFor();
    },
  }),
  galleryPage({
    name: "log",
    title: "What was done by hand",
    open: async ({ go, page }) => {
      await go("/admin/log");
      await page.getByText("gave credits to").first().waitFor();
    },
  }),
];

const withoutNetwork: readonly GalleryPage[] = [
  galleryPage({
    name: "offline",
    title: "Without the coordinator",
    open: async ({ go, page }) => {
      await page.route("**/api/**", (route) => route.abort());
      await go("/files");
      await page.getByRole("heading", { name: "Offline" }).waitFor();
    },
  }),
  galleryPage({
    name: "offline-open",
    title: "A page that was open when the coordinator went away",
    open: async (stage) => {
      await goToNetwork(stage, "All files are whole");
      await stage.page.route("**/api/**", (route) => route.abort());
      await stage.page.getByText("Offline: the coordinator does not answer.").waitFor({ timeout: 60_000 });
    },
  }),
  galleryPage({
    name: "not-found",
    title: "No such page",
    open: async ({ go, page }) => {
      await go("/nothing/here");
      await page.getByText("There is no such page").waitFor();
    },
  }),
];

export const ROOM_PAGES: readonly GalleryPage[] = [
  ...waysIn,
  ...ofFiles,
  ...ofNodes,
  ...ofAdmins,
  ...withoutNetwork,
  ...inTrouble,
];
