import { expect, test } from "vitest";
import { fileSystemOf } from "./file-system.ts";

const MOUNTS = [
  "/dev/sda1 / ext4 rw 0 0",
  "tmpfs /tmp tmpfs rw 0 0",
  "/dev/sdb1 /mnt/big\\040disk xfs rw 0 0",
  "none /over ext4 rw 0 0",
  "none /over btrfs rw 0 0",
  "",
].join("\n");

test.each([
  ["/var/data", "ext4"],
  ["/tmp", "tmpfs"],
  ["/tmp/bench", "tmpfs"],
  ["/tmpfiles", "ext4"],
  ["/mnt/big disk/a", "xfs"],
  ["/over/a", "btrfs"],
])("%s is on %s", (path, type) => {
  expect(fileSystemOf(path, MOUNTS)).toBe(type);
});

test("nothing is known where the system tells nothing", () => {
  expect(fileSystemOf("/tmp", "")).toBeUndefined();
});
