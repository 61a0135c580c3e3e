/** Spelt with a class each, so that this file does not find itself. Ada is nobody: examples may live in her home. */
const TRACES: readonly RegExp[] = [
  /(?<![\w.~-])[/](?:home|work|root|Users)[/](?!ada\b)[\w.-]+/g,
  /(?<![\w.~-])[/]tmp[/]bash\w*/g,
  /https?:[/][/][^\s"'`)]*(?:registry|artifactory|nexus|npm-proxy|mirror)[^\s"'`)]*/g,
];

/** Absolute paths of someone's machine and addresses of package registries in a text: `line: what`. */
export function findMachineTraces(text: string): readonly string[] {
  return text.split("\n").flatMap((line, index) => {
    const traces = TRACES.flatMap((trace) => line.match(trace) ?? []);
    return traces.map((trace) => `${index + 1}: ${trace}`);
  });
}
