import type { BenchCase } from "./bench-case.ts";
import { downloadCase } from "./download-case.ts";
import { firstByteCase } from "./first-byte-case.ts";
import { middleRangeCase } from "./middle-range-case.ts";
import { namesCase } from "./names-case.ts";
import { smallFilesCase } from "./small-files-case.ts";
import { tenDownloadsCase, tenUploadsCase } from "./ten-at-once-case.ts";
import { uploadCase } from "./upload-case.ts";

/** In the order in which they run: those of a stage follow each other, and read what was uploaded before. */
export const ALL_CASES: readonly BenchCase[] = [
  uploadCase({ name: "upload-1gb", stage: "1gb", sizeBytes: 1_000_000_000 }),
  downloadCase({ name: "download-1gb", stage: "1gb", sizeBytes: 1_000_000_000 }),
  firstByteCase("first-byte", "1gb"),
  middleRangeCase("middle-range", "1gb"),
  uploadCase({ name: "upload-100mb", stage: "100mb", sizeBytes: 100_000_000 }),
  downloadCase({ name: "download-100mb", stage: "100mb", sizeBytes: 100_000_000 }),
  tenUploadsCase("ten-uploads", "100mb"),
  tenDownloadsCase("ten-downloads", "100mb"),
  smallFilesCase("small", "small"),
  namesCase("names", "names"),
];
