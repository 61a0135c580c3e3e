/** What a person's machine must tell a tool; anything else may be a secret or change what a test sees. */
const PASSED_ON =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TERM|COLORTERM|CI|TMPDIR|TEMP|TMP|XDG_\w+|NODE_EXTRA_CA_CERTS|SystemRoot|SystemDrive|windir|ComSpec|PATHEXT|USERPROFILE|APPDATA|LOCALAPPDATA|ProgramFiles|ProgramData|COMMONHOLD_TEST_\w+)$/i;

/** The part of an environment that checks and tests get: no tokens, no settings of Commonhold; colours if asked for. */
export function toolEnvironment(env: NodeJS.ProcessEnv, options: { readonly colours: boolean }): NodeJS.ProcessEnv {
  const passedOn = Object.entries(env).filter(([name]) => PASSED_ON.test(name));
  return { ...Object.fromEntries(passedOn), ...(options.colours ? { FORCE_COLOR: "1" } : { NO_COLOR: "1" }) };
}
