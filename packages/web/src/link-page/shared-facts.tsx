import type { ReactNode } from "react";
import { iconOf } from "../files/file-kind.ts";
import { sharedTexts } from "../texts/shared-texts.ts";
import { Bytes } from "../ui/bytes.tsx";
import { Icon } from "../ui/icon.tsx";
import { Moment } from "../ui/moment.tsx";
import type { SharedFile } from "./shared-file.ts";

interface SharedFactsProps {
  /** As it is called for who sees it. */
  readonly name: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  readonly file: SharedFile;
  /** What can be done with it. */
  readonly children: ReactNode;
}

export function SharedFacts({ name, mediaType, sizeBytes, file, children }: SharedFactsProps) {
  return (
    <div className="shared-facts">
      <Icon name={file.sealed ? "lock" : iconOf({ content_type: mediaType, filename: name })} size={32} />
      <div className="shared-words">
        <h1>{name}</h1>
        <p className="soft">
          <Bytes count={sizeBytes} /> · {sharedTexts.of(file.owner_name)}
          {file.expires_at === null ? null : (
            <>
              {" "}
              · {sharedTexts.ends} <Moment at={file.expires_at} />
            </>
          )}
          {file.downloads_left === null ? null : ` · ${sharedTexts.left(file.downloads_left)}`}
        </p>
      </div>
      <div className="shared-actions">{children}</div>
    </div>
  );
}
