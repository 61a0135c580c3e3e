import type { CliContext } from "../../cli-context.ts";
import { formatMoment } from "../../output/format-time.ts";

export interface CreateTokenOptions {
  readonly uses?: number;
  /** Seconds. */
  readonly expiresIn?: number;
}

export async function createToken(context: CliContext, options: CreateTokenOptions): Promise<void> {
  const { output } = context;
  const client = await context.openClient();
  const token = await client.nodes.createJoinToken(
    {
      ...(options.uses === undefined ? {} : { uses: options.uses }),
      ...(options.expiresIn === undefined ? {} : { expiresInS: options.expiresIn }),
    },
    context.signal,
  );
  if (output.json) return output.document(token);
  output.line(token.join_token);
  const nodes = token.uses === 1 ? "one node" : `${token.uses} nodes`;
  const until = formatMoment(token.expires_at);
  output.note(`Good for ${nodes} until ${until}. On the machine that lends its disk, in a copy of the project:`);
  output.note("  npm run setup");
  output.note(`  npx ${token.command ?? initCommand(client.baseUrl, token.join_token)}`);
}

function initCommand(url: string, token: string): string {
  return `commonhold node init --name NAME --coordinator-url ${url} --join-token ${token}`;
}
