import { useLive } from "../api/use-live.ts";
import type { Answer } from "../api/api.ts";
import { useServices } from "../app/services.tsx";
import { formatBytes } from "../format/format-bytes.ts";
import { NodeTable } from "../nodes/node-table.tsx";
import { useNodes } from "../nodes/use-nodes.ts";
import { networkTexts } from "../texts/nodes-texts.ts";
import { Failure } from "../ui/failure.tsx";
import { HealthMark } from "../ui/health-mark.tsx";
import { useTitle } from "../ui/use-title.ts";
import { networkHealthOf, type RepairState } from "./network-health.ts";
import { RepairSummary } from "./repair-summary.tsx";

/** It changes slowly, and looking through all parts costs the coordinator something. */
const STATUS_INTERVAL_MS = 6000;

type NetworkStatus = Answer<"GET /api/v1/status">;

/** The network as people understand it: how safe the files are, who is here, how much room there is. */
export function NetworkRoom() {
  useTitle(networkTexts.title);
  const { api } = useServices();
  const repair = useLive(["repair"], (signal) => api("GET /api/v1/repair", { signal }));
  const status = useLive(["status"], (signal) => api("GET /api/v1/status", { signal }), STATUS_INTERVAL_MS);
  const nodes = useNodes();
  const failed = [repair, status, nodes].find((query) => query.error !== null);
  return (
    <div className="room">
      <h1>{networkTexts.title}</h1>
      {failed === undefined ? null : <Failure error={failed.error} onRetry={() => void failed.refetch()} />}
      {repair.data === undefined ? null : <Safety repair={repair.data} />}
      {status.data === undefined ? null : <Figures status={status.data} />}
      {repair.data === undefined ? null : <RepairSummary repair={repair.data} />}
      {status.data !== undefined && status.data.handoffs.pending > 0 ? (
        <p className="soft">{networkTexts.handoffs(status.data.handoffs.pending)}</p>
      ) : null}
      <section className="section">
        <h2>{networkTexts.nodes}</h2>
        {nodes.data === undefined ? null : <NodeTable nodes={nodes.data} caption={networkTexts.nodes} />}
      </section>
    </div>
  );
}

function Safety({ repair }: { readonly repair: RepairState }) {
  const health = networkHealthOf(repair);
  const { title, text } = networkTexts.safe[health];
  return (
    <section className={`verdict verdict-${health}`} aria-live="polite">
      <h2>{health === "unknown" ? title : <HealthMark health={health} word={title} />}</h2>
      <p>{text}</p>
    </section>
  );
}

function Figures({ status }: { readonly status: NetworkStatus }) {
  const { nodes } = status;
  const here = nodes.active + nodes.draining + nodes.joining;
  const all = here + nodes.suspect + nodes.offline + nodes.drained;
  const share = status.capacity_bytes === 0 ? 0 : status.used_bytes / status.capacity_bytes;
  const room = networkTexts.roomOf(formatBytes(status.used_bytes), formatBytes(status.capacity_bytes));
  return (
    <dl className="figures">
      <div>
        <dt>{networkTexts.disks}</dt>
        <dd>{networkTexts.here(here, all)}</dd>
      </div>
      <div>
        <dt>{networkTexts.room}</dt>
        <dd>
          {room}
          <meter className="meter" value={share} aria-label={room} />
        </dd>
      </div>
      <div>
        <dt>{networkTexts.files}</dt>
        <dd>{networkTexts.filesOf(status.files, formatBytes(status.bytes))}</dd>
      </div>
    </dl>
  );
}
