import { createHash } from "node:crypto";
import { cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHttpFixture, type HttpFixture } from "@commonhold/coordinator/http/http.fixture.ts";
import { registerWebRoutes } from "@commonhold/coordinator/web/web-routes.ts";
import { WEB_DIST } from "../../scripts/web-build.ts";
import { freePort } from "./free-port.ts";

/** An address at which one build of the web app follows another, as where a coordinator is installed anew. */
export interface WebBuilds {
  readonly url: string;
  /** Ends the server and starts it with a build in which every script has another name. */
  deploy(name: string): Promise<void>;
  close(): Promise<void>;
}

export async function openWebBuilds(): Promise<WebBuilds> {
  const folder = await mkdtemp(join(tmpdir(), "commonhold-builds-"));
  const port = await freePort();
  let server: HttpFixture | undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    deploy: async (name) => {
      const build = join(folder, name);
      await makeBuild(build, name);
      await server?.app.close();
      server = await createHttpFixture({ hostNames: ["127.0.0.1"] });
      await registerWebRoutes(server.app, { folder: build });
      await server.app.listen({ port, host: "127.0.0.1" });
    },
    close: async () => {
      await server?.app.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What is built, under other names, with an id of its own. */
async function makeBuild(folder: string, name: string): Promise<void> {
  const id = (await readFile(join(WEB_DIST, "built-from"), "utf8")).slice(0, 16);
  await cp(WEB_DIST, folder, { recursive: true, filter: (path) => !/\.(?:br|gz)$/.test(path) });
  const assets = join(folder, "assets");
  const scripts = (await readdir(assets)).filter((each) => each.endsWith(".js"));
  const renamed = (text: string): string =>
    scripts.reduce((all, each) => all.replaceAll(each, `${name}-${each}`), text.replaceAll(id, `${name}-${id}`));
  for (const script of scripts) {
    await writeFile(join(assets, script), renamed(await readFile(join(assets, script), "utf8")));
    await rename(join(assets, script), join(assets, `${name}-${script}`));
  }
  const page = renamed(await readFile(join(folder, "index.html"), "utf8"));
  await writeFile(join(folder, "index.html"), page);
  const worker = join(folder, "service-worker.js");
  const integrity = `sha256-${createHash("sha256").update(page).digest("base64")}`;
  await writeFile(worker, renamed(await readFile(worker, "utf8")).replace(/sha256-[\w+/=]{44}/, integrity));
}
