/**
 * The type of the file system that holds an absolute path, from the system's list of mounts (proc(5), mounts): that of
 * the innermost mount point, and of these the last mounted.
 */
export function fileSystemOf(path: string, mounts: string): string | undefined {
  let innermost: { readonly point: string; readonly type: string } | undefined;
  for (const line of mounts.split("\n")) {
    const [, escaped = "", type] = line.split(" ");
    const point = escaped.replaceAll(/\\(\d{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    const isAbove = point === "/" || path === point || path.startsWith(`${point}/`);
    if (type === undefined || point === "" || !isAbove) continue;
    if (innermost === undefined || point.length >= innermost.point.length) innermost = { point, type };
  }
  return innermost?.type;
}
