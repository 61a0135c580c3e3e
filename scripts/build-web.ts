/** Builds the web app where its sources have changed since; says one line. `--force` builds it in any case. */
import { buildWeb, isWebCurrent } from "./web-build.ts";

if (process.argv.includes("--force") || !isWebCurrent()) {
  const { seconds, firstLoadBytes } = await buildWeb();
  console.error(
    `Built the web app in ${seconds.toFixed(1)} s: ${Math.round(firstLoadBytes / 1000)} KB at the first load`,
  );
}
