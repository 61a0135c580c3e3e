/**
 * At which times that a process comes to a step it is killed: `npm run crash -- --times 5` asks for more than
 * `npm test` has time for.
 */
export function crashTimes(usual: readonly number[]): readonly number[] {
  const asked = Number(process.env["COMMONHOLD_TEST_CRASH_TIMES"] ?? 0);
  return asked === 0 ? usual : Array.from({ length: asked }, (_, index) => index + 1);
}
