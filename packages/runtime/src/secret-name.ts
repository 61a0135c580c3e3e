const SECRET_NAME =
  /^(authorization|proxy_authorization|cookie|set_cookie|x_api_key|api_?key|pass(word|phrase)?|pwd|secret|token|private_?key|master_?key)$|_(pass(word|phrase)|secret|token|api_key|private_key)$/;

/** Every field of every log line is asked about, and they are nearly always the same. */
const REMEMBERED_MAX = 1024;
const REMEMBERED_LENGTH_MAX = 64;
const remembered = new Map<string, boolean>();

/** Whether a value of this name (a setting's key, a log's field, a header) must never be shown. */
export function isSecretName(name: string): boolean {
  const known = remembered.get(name);
  if (known !== undefined) return known;
  const isSecret = readsAsSecret(name);
  if (name.length > REMEMBERED_LENGTH_MAX) return isSecret;
  if (remembered.size >= REMEMBERED_MAX) remembered.clear();
  remembered.set(name, isSecret);
  return isSecret;
}

function readsAsSecret(name: string): boolean {
  const snakeCase = name.replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2").replaceAll("-", "_");
  return SECRET_NAME.test(snakeCase.toLowerCase());
}
