import { useMutation, useQuery } from "@tanstack/react-query";
import { Button } from "react-aria-components/Button";
import { Disclosure, DisclosurePanel } from "react-aria-components/Disclosure";
import { Heading } from "react-aria-components/Heading";
import { useServices } from "../app/services.tsx";
import { FileShares } from "../shares/file-shares.tsx";
import { detailsTexts } from "../texts/files-texts.ts";
import { appTexts } from "../texts/app-texts.ts";
import { healthTexts } from "../texts/health-texts.ts";
import { Bytes } from "../ui/bytes.tsx";
import { Choice } from "../ui/choice.tsx";
import { Failure, messageOf, sentence } from "../ui/failure.tsx";
import { HealthMark } from "../ui/health-mark.tsx";
import { Icon } from "../ui/icon.tsx";
import { Moment } from "../ui/moment.tsx";
import { type FileObject, healthOf } from "./file-health.ts";
import { ChunkPlaces } from "./chunk-places.tsx";
import { type Entry, filesOf, type FolderEntry, type ListedFile } from "./entry.ts";
import { iconOf } from "./file-kind.ts";
import { Versions } from "./versions.tsx";

const COPIES_MAX = 16;
/** While copies are being made. */
const LOOK_AGAIN_MS = 2000;

interface DetailsPanelProps {
  readonly entries: readonly Entry[];
  readonly onClose: () => void;
}

export function DetailsPanel({ entries, onClose }: DetailsPanelProps) {
  const [entry, ...others] = entries;
  return (
    <aside className="details" aria-label={detailsTexts.title}>
      <div className="details-head">
        <h2>{detailsTexts.title}</h2>
        <Button className="icon-button" aria-label={appTexts.close} onPress={onClose}>
          <Icon name="close" />
        </Button>
      </div>
      {entry === undefined ? <p className="soft">{detailsTexts.none}</p> : null}
      {others.length > 0 ? (
        <p>
          {detailsTexts.many(entries.length)} ·{" "}
          <Bytes count={filesOf(entries).reduce((sum, each) => sum + each.size_bytes, 0)} />
        </p>
      ) : null}
      {others.length === 0 && entry?.kind === "file" ? (
        <FileDetails key={entry.file.file_id} listed={entry.file} />
      ) : null}
      {others.length === 0 && entry?.kind === "folder" ? <FolderDetails entry={entry} /> : null}
    </aside>
  );
}

function FolderDetails({ entry: { name, folder } }: { readonly entry: FolderEntry }) {
  return (
    <>
      <p className="details-name">
        <Icon name="files" />
        <span>{name}</span>
      </p>
      <dl className="facts">
        <dt>{detailsTexts.type}</dt>
        <dd>{detailsTexts.folder}</dd>
        <dt>{detailsTexts.made}</dt>
        <dd>
          <Moment at={folder.created_at} />
        </dd>
      </dl>
    </>
  );
}

function FileDetails({ listed }: { readonly listed: ListedFile }) {
  const { api } = useServices();
  const params = { id: listed.file_id };
  const { data, error, refetch } = useQuery<FileObject>({
    queryKey: ["file", listed.file_id],
    queryFn: ({ signal }) => api("GET /api/v1/files/{id}", { params, signal }),
    refetchInterval: ({ state }) =>
      state.data?.health?.state === "whole" && state.data.replicas?.pending === 0 ? false : LOOK_AGAIN_MS,
  });
  const file = data ?? listed;
  const health = healthOf(file);
  return (
    <>
      <p className="details-name">
        <Icon name={iconOf(file)} />
        <span>{file.filename}</span>
      </p>
      {error === null ? null : <Failure error={error} onRetry={() => void refetch()} />}
      {health === undefined ? null : (
        <div className="details-health">
          <HealthMark health={health} />
          <p className="soft">{healthTexts[health].meaning}</p>
          <Lacking file={file} />
        </div>
      )}
      <Safety file={file} />
      <dl className="facts">
        <dt>{detailsTexts.size}</dt>
        <dd>
          <Bytes count={file.size_bytes} />
        </dd>
        <dt>{detailsTexts.added}</dt>
        <dd>
          <Moment at={file.completed_at} />
        </dd>
        <dt>{detailsTexts.type}</dt>
        <dd>{file.content_type}</dd>
        <dt>{detailsTexts.parts}</dt>
        <dd>{file.chunk_count.toLocaleString("en")}</dd>
      </dl>
      <FileShares target={{ fileId: file.file_id, name: file.filename }} />
      <section className="details-part">
        <h3>{detailsTexts.versions.title}</h3>
        <Versions file={file} />
      </section>
      <Disclosure className="details-part">
        {({ isExpanded }) => (
          <>
            <Heading level={3}>
              <Button slot="trigger" className="disclosure">
                <Icon name="right" size={14} />
                {detailsTexts.places.title}
              </Button>
            </Heading>
            <DisclosurePanel>{isExpanded ? <ChunkPlaces fileId={file.file_id} /> : null}</DisclosurePanel>
          </>
        )}
      </Disclosure>
    </>
  );
}

function Lacking({ file: { health } }: { readonly file: FileObject }) {
  if (health === undefined || health.chunks_short === 0) return null;
  return (
    <p className="soft">
      {detailsTexts.short(health.chunks_short)}
      {health.chunks_unreadable > 0 ? `, ${detailsTexts.unreadable(health.chunks_unreadable)}` : ""}
    </p>
  );
}

/** How many copies, and how much the file matters: changed at once, taken back where the coordinator refuses. */
function Safety({ file }: { readonly file: FileObject }) {
  const { api, queries } = useServices();
  const key = ["file", file.file_id];
  const change = useMutation({
    mutationFn: (body: { copies?: number; priority?: FileObject["priority"] }) =>
      api("PATCH /api/v1/files/{id}", { params: { id: file.file_id }, body }),
    onMutate: (body) => {
      queries.setQueryData<FileObject>(key, (before) => (before === undefined ? before : { ...before, ...body }));
    },
    onSuccess: (changed) => queries.setQueryData(key, changed),
    onError: () => queries.invalidateQueries({ queryKey: key }),
  });
  const { copies, replicas } = file;
  return (
    <div className="safety">
      <div className="safety-line">
        <span id="copies-label">{detailsTexts.copies}</span>
        <span className="stepper" role="group" aria-labelledby="copies-label">
          <Button
            className="icon-button"
            aria-label={detailsTexts.fewer}
            isDisabled={copies <= 1}
            onPress={() => change.mutate({ copies: copies - 1 })}
          >
            −
          </Button>
          <output aria-live="polite">{copies}</output>
          <Button
            className="icon-button"
            aria-label={detailsTexts.more}
            isDisabled={copies >= COPIES_MAX}
            onPress={() => change.mutate({ copies: copies + 1 })}
          >
            +
          </Button>
        </span>
      </div>
      <p className="soft">{replicas === undefined ? detailsTexts.copiesHint : copiesText(replicas)}</p>
      <Choice
        label={detailsTexts.importance}
        value={file.priority}
        options={Object.entries(detailsTexts.priorities) as [FileObject["priority"], string][]}
        onChange={(priority) => change.mutate({ priority })}
      />
      <p role="alert" className={change.error === null ? "form-failure none" : "form-failure"}>
        {change.error === null ? null : sentence(messageOf(change.error))}
      </p>
    </div>
  );
}

function copiesText({ min, promised, pending }: NonNullable<FileObject["replicas"]>): string {
  const now = detailsTexts.copiesNow(Math.min(min, promised), promised);
  return pending > 0 ? `${now}, ${detailsTexts.pending(pending)}` : now;
}
