/** Builds the web app where its sources have changed since; says one line. `--force` builds it in any case. */
import { buildWeb, isWebCurrent } from "./web-build.ts";

const kilobytes = (bytes: number): string => `${Math.round(bytes / 1000)} KB`;

if (process.argv.includes("--force") || !isWebCurrent()) {
  const { seconds, firstLoad } = await buildWeb();
  const { signIn, files } = firstLoad;
  const sizes = `${kilobytes(files.gzipBytes)} as gzip, ${kilobytes(files.brotliBytes)} as Brotli`;
  console.error(
    `Built the web app in ${seconds.toFixed(1)} s: ${sizes} of script until the files are shown ` +
      `(to sign in ${kilobytes(signIn.gzipBytes)} and ${kilobytes(signIn.brotliBytes)})`,
  );
}
