import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { hasCode } from "@commonhold/core/app-error.ts";
import { useState } from "react";
import { Mark } from "../app/mark.tsx";
import { useServices } from "../app/services.tsx";
import { appTexts } from "../texts/app-texts.ts";
import { sharedTexts } from "../texts/shared-texts.ts";
import { Failure } from "../ui/failure.tsx";
import { useTitle } from "../ui/use-title.ts";
import { linkKey } from "./link-key.ts";
import { Over } from "./over.tsx";
import { PasswordForm } from "./password-form.tsx";
import { PlainLink } from "./plain-link.tsx";
import { SealedFileLink } from "./sealed-file-link.tsx";
import type { SharedFile } from "./shared-file.ts";

/** A link's page: to look at a file and to download it, without an account. */
export function SharedRoom() {
  const { token } = useParams({ from: "/shared/$token" });
  useTitle(sharedTexts.title);
  return (
    <div className="shared">
      <header className="shared-head">
        <Link to="/" className="brand">
          <Mark />
          <span>{appTexts.name}</span>
        </Link>
      </header>
      <main className="shared-main" id="content">
        <SharedLink key={token} token={token} />
      </main>
    </div>
  );
}

function SharedLink({ token }: { readonly token: string }) {
  const { api } = useServices();
  const [unlocked, setUnlocked] = useState<{ readonly file: SharedFile; readonly password: string }>();
  const { data, error, refetch } = useQuery({
    queryKey: ["link", token],
    queryFn: ({ signal }) => api("GET /api/v1/shared/{token}", { params: { token }, auth: "none", signal }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  if (error !== null) {
    if (hasCode(error, "SHARE_NOT_FOUND", "INVALID_REQUEST")) return <Over texts={sharedTexts.gone} />;
    return <Failure error={error} onRetry={() => void refetch()} />;
  }
  if (data === undefined) return <p className="soft">{appTexts.loading}</p>;
  if (data.needs_password && unlocked === undefined) {
    return <PasswordForm token={token} onOpen={(file, password) => setUnlocked({ file, password })} />;
  }
  const file = unlocked?.file ?? (data as SharedFile);
  if (file.downloads_left === 0) return <Over texts={sharedTexts.usedUp} />;
  const password = unlocked === undefined ? {} : { password: unlocked.password };
  // A link with a key is opened with it, whatever the coordinator says of its file: what is not sealed is refused there.
  const Kind = file.sealed || linkKey() !== undefined ? SealedFileLink : PlainLink;
  return <Kind token={token} file={file} {...password} />;
}
