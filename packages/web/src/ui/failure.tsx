import { AppError } from "@commonhold/core/app-error.ts";
import { Button } from "react-aria-components/Button";
import { useIsAway } from "../app/access.tsx";
import { appTexts } from "../texts/app-texts.ts";
import { useCopy } from "./use-copy.ts";

/** What went wrong, in the words that came with it, and its code to copy. */
export function Failure({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }) {
  const isAway = useIsAway();
  const { failed } = appTexts;
  const message = messageOf(error);
  const code = error instanceof AppError ? error.code : "INTERNAL";
  const requestId = error instanceof AppError ? error.details.request_id : undefined;
  const report = [code, message, typeof requestId === "string" ? `request ${requestId}` : ""]
    .filter(Boolean)
    .join("\n");
  const { isPossible, isCopied, hasFailed, copy } = useCopy(report);
  // The page says so above, and asks again by itself.
  if (isAway && onRetry !== undefined && code === "COORDINATOR_UNREACHABLE") return null;
  return (
    <div className="failure" role="alert">
      <strong>{failed.title}</strong>
      <p>{sentence(message)}</p>
      <div className="row">
        {onRetry === undefined ? null : (
          <Button className="button" onPress={onRetry}>
            {failed.again}
          </Button>
        )}
        <Button className="button quiet" isDisabled={!isPossible} onPress={copy}>
          {isCopied ? failed.copied : hasFailed ? failed.notCopied : failed.copy}
        </Button>
        <code className="code">{code}</code>
      </div>
    </div>
  );
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** With a capital at its beginning, unless that is an address or a file's name, and a full stop at its end. */
export function sentence(message: string): string {
  const text = /^[a-z]+(?=$|[\s,:;!?])/.test(message) ? message.charAt(0).toUpperCase() + message.slice(1) : message;
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
