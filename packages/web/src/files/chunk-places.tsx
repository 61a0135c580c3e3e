import { useState } from "react";
import { Button } from "react-aria-components/Button";
import type { Answer } from "../api/api.ts";
import { useLive } from "../api/use-live.ts";
import { useServices } from "../app/services.tsx";
import { detailsTexts } from "../texts/files-texts.ts";
import { nodeStatusTexts } from "../texts/health-texts.ts";
import { Bytes } from "../ui/bytes.tsx";
import { Failure } from "../ui/failure.tsx";
import { HealthMark } from "../ui/health-mark.tsx";
import { Moment } from "../ui/moment.tsx";

const { places: texts } = detailsTexts;
type ChunkPlace = Answer<"GET /api/v1/files/{id}/chunks">["items"][number];
type Copy = ChunkPlace["copies"][number];

const PAGE = 20;
const LOOK_AGAIN_MS = 4000;

/** Where the bytes of a file lie now: of each part the disks that have it. */
export function ChunkPlaces({ fileId }: { readonly fileId: string }) {
  const { api } = useServices();
  /** The pages before this one and itself, by where they begin. */
  const [cursors, setCursors] = useState<readonly (string | undefined)[]>([undefined]);
  const cursor = cursors.at(-1);
  const ask = (signal: AbortSignal) =>
    api("GET /api/v1/files/{id}/chunks", {
      params: { id: fileId },
      query: { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) },
      signal,
    });
  const { data, error, refetch } = useLive(["chunks", fileId, cursor], ask, LOOK_AGAIN_MS);
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return null;
  const next = data.next_cursor;
  return (
    <>
      <ol className="places">
        {data.items.map((chunk) => (
          <Part key={chunk.index} chunk={chunk} />
        ))}
      </ol>
      {data.items.length === 0 ? <p className="soft">{texts.none}</p> : null}
      {cursors.length > 1 || next !== null ? (
        <div className="row">
          <Button className="button" isDisabled={cursors.length < 2} onPress={() => setCursors(cursors.slice(0, -1))}>
            {texts.before}
          </Button>
          <Button
            className="button"
            isDisabled={next === null}
            onPress={() => next !== null && setCursors([...cursors, next])}
          >
            {texts.after}
          </Button>
        </div>
      ) : null}
    </>
  );
}

function Part({ chunk: { index, size_bytes, wanted, copies } }: { readonly chunk: ChunkPlace }) {
  const there = copies.filter(({ state }) => state === "active" || state === "leaving").length;
  return (
    <li className="place">
      <span className="place-head">
        <strong>{texts.part(index + 1)}</strong>
        <span className="soft">
          <Bytes count={size_bytes} /> · {detailsTexts.copiesNow(Math.min(there, wanted), wanted)}
        </span>
      </span>
      <ul>
        {copies.map((copy) => (
          <CopyPlace key={copy.node_id} copy={copy} />
        ))}
      </ul>
    </li>
  );
}

function CopyPlace({ copy }: { readonly copy: Copy }) {
  const node = nodeStatusTexts[copy.node_state];
  // What is said of the copy, or else of the node that has it.
  const word = copy.state === "active" ? node.word : texts.states[copy.state];
  const health = copy.state === "active" ? node.health : copy.state === "doubtful" ? "risk" : "repairing";
  return (
    <li className="copy">
      <span className="copy-node" title={copy.node_id}>
        {copy.node_name}
      </span>
      <HealthMark health={health} word={word} />
      {copy.node_audited_at === null ? null : (
        <span className="soft">
          {texts.proved} <Moment at={copy.node_audited_at} />
        </span>
      )}
    </li>
  );
}
