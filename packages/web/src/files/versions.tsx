import { useMutation, useQuery } from "@tanstack/react-query";
import { Button } from "react-aria-components/Button";
import { useServices } from "../app/services.tsx";
import { appTexts } from "../texts/app-texts.ts";
import { detailsTexts } from "../texts/files-texts.ts";
import { Bytes } from "../ui/bytes.tsx";
import { Failure, messageOf, sentence } from "../ui/failure.tsx";
import { Icon, type IconName } from "../ui/icon.tsx";
import { Moment } from "../ui/moment.tsx";
import { entryOfFile, type ListedFile } from "./entry.ts";
import { useEntryActions } from "./use-entry-actions.ts";

const { versions: texts } = detailsTexts;

/** All versions of a file, the newest first. */
export function Versions({ file }: { readonly file: ListedFile }) {
  const { api } = useServices();
  const { data, error, refetch } = useQuery({
    queryKey: ["versions", file.entry_id],
    queryFn: ({ signal }) => api("GET /api/v1/files/{id}/versions", { params: { id: file.file_id }, signal }),
  });
  const versions = data?.items ?? [];
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />;
  if (versions.length < 2) return <p className="soft">{texts.one}</p>;
  return (
    <ul className="versions" aria-label={texts.title}>
      {versions.map((version, index) => (
        <VersionRow key={version.file_id} version={version} isCurrent={index === 0} />
      ))}
    </ul>
  );
}

function VersionRow({ version, isCurrent }: { readonly version: ListedFile; readonly isCurrent: boolean }) {
  const { download } = useEntryActions();
  const { makeCurrent, remove } = useVersionActions(version);
  const number = version.version;
  const act = (icon: IconName, label: string, run: () => void) => (
    <Button className="icon-button" aria-label={label} onPress={run}>
      <Icon name={icon} size={18} />
    </Button>
  );
  return (
    <li className="version">
      <span>
        <strong>{texts.number(number)}</strong>
        {isCurrent ? <span className="tag">{texts.current}</span> : null}
        <span className="soft">
          <Moment at={version.completed_at} /> · <Bytes count={version.size_bytes} />
        </span>
      </span>
      {act("download", texts.download(number), () => void download([entryOfFile(version)]))}
      {isCurrent ? null : act("restore", texts.makeCurrent(number), makeCurrent)}
      {isCurrent ? null : act("trash", texts.remove(number), remove)}
    </li>
  );
}

function useVersionActions({ file_id: id, version: number }: ListedFile) {
  const { api, queries, toasts } = useServices();
  const refresh = async (): Promise<void> => {
    const keys = [["versions"], ["files"], ["file"], ["search"]];
    await Promise.all(keys.map((queryKey) => queries.invalidateQueries({ queryKey })));
  };
  const onError = (error: Error): void => toasts.show(sentence(messageOf(error)));
  const makeCurrent = useMutation({
    mutationFn: () => api("POST /api/v1/files/{id}/make-current", { params: { id }, idempotent: true }),
    onSuccess: () => toasts.show(texts.made(number)),
    onError,
    onSettled: refresh,
  });
  const restore = useMutation({
    mutationFn: () => api("POST /api/v1/files/{id}/restore", { params: { id } }),
    onError,
    onSettled: refresh,
  });
  const remove = useMutation({
    mutationFn: () => api("DELETE /api/v1/files/{id}", { params: { id } }),
    onSuccess: () => toasts.show(texts.removed(number), { label: appTexts.undo, run: () => restore.mutate() }),
    onError,
    onSettled: refresh,
  });
  return { makeCurrent: () => makeCurrent.mutate(), remove: () => remove.mutate() };
}
