import { Button } from "react-aria-components/Button";
import { useLive } from "../api/use-live.ts";
import { useServices } from "../app/services.tsx";
import type { RepairState } from "../network/network-health.ts";
import { RepairSummary } from "../network/repair-summary.tsx";
import { useNodes } from "../nodes/use-nodes.ts";
import { repairTexts } from "../texts/admin-texts.ts";
import { Bytes } from "../ui/bytes.tsx";
import { Failure } from "../ui/failure.tsx";
import { Moment } from "../ui/moment.tsx";
import { useTitle } from "../ui/use-title.ts";
import { useJobActions } from "./use-job-actions.ts";
import { DataTable } from "../ui/data-table.tsx";

const JOB = "repair";
const NAME_SHOWN = 12;
const { columns } = repairTexts;

/** What repair does, part by part, for administrators. */
export function RepairRoom() {
  useTitle(repairTexts.title);
  const { api } = useServices();
  const { data: repair, error, refetch } = useLive(["repair"], (signal) => api("GET /api/v1/repair", { signal }));
  const nodes = useNodes();
  const act = useJobActions();
  const names = new Map(nodes.data?.map((node) => [node.id, node.name]));
  const failure = act.error ?? error;
  const isPaused = repair?.state === "paused";
  return (
    <div className="room">
      <h1>{repairTexts.title}</h1>
      {failure === null ? null : <Failure error={failure} onRetry={() => void refetch()} />}
      <div className="row">
        <Button className="button" onPress={() => act.mutate({ name: JOB, action: "run" })}>
          {repairTexts.run}
        </Button>
        <Button className="button" onPress={() => act.mutate({ name: JOB, action: isPaused ? "resume" : "pause" })}>
          {isPaused ? repairTexts.resume : repairTexts.pause}
        </Button>
        {repair === undefined || repair.swept_at === null ? null : (
          <span className="soft">
            {repairTexts.swept} <Moment at={repair.swept_at} />
          </span>
        )}
      </div>
      {repair === undefined ? null : (
        <>
          <Queue repair={repair} />
          <RepairSummary repair={repair} />
          <UnderWay repair={repair} nameOf={(id) => names.get(id) ?? id.slice(0, NAME_SHOWN)} />
          <Stuck repair={repair} />
        </>
      )}
    </div>
  );
}

function Queue({ repair }: { readonly repair: RepairState }) {
  const { urgencies } = repairTexts;
  return (
    <section className="section">
      <h2>{repairTexts.queue}</h2>
      <dl className="figures">
        {(["unreadable", "critical", "degraded", "relocating"] as const).map((urgency) => (
          <div key={urgency}>
            <dt>{urgencies[urgency]}</dt>
            <dd>{repair.queue.by_urgency[urgency].toLocaleString("en")}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

interface UnderWayProps {
  readonly repair: RepairState;
  readonly nameOf: (nodeId: string) => string;
}

function UnderWay({ repair, nameOf }: UnderWayProps) {
  if (repair.in_flight.length === 0) return null;
  return (
    <section className="section">
      <h2>{repairTexts.now}</h2>
      <DataTable
        caption={repairTexts.now}
        columns={[
          { title: columns.part },
          { title: columns.from },
          { title: columns.to },
          { title: columns.size, isNumber: true },
        ]}
      >
        {repair.in_flight.map(({ chunk, from, to, bytes }) => (
          <tr key={`${chunk} ${to}`}>
            <th scope="row">
              <code title={chunk}>{chunk.slice(0, NAME_SHOWN)}</code>
            </th>
            <td>{from === null ? repairTexts.spool : nameOf(from)}</td>
            <td>{nameOf(to)}</td>
            <td className="number">
              <Bytes count={bytes} />
            </td>
          </tr>
        ))}
      </DataTable>
    </section>
  );
}

function Stuck({ repair: { unrepairable } }: { readonly repair: RepairState }) {
  if (unrepairable.items.length === 0) return null;
  return (
    <section className="section">
      <h2>{repairTexts.stuck}</h2>
      <DataTable
        caption={repairTexts.stuck}
        columns={[{ title: columns.part }, { title: columns.why }, { title: columns.since }]}
      >
        {unrepairable.items.map(({ chunk, reason, since }) => (
          <tr key={chunk}>
            <th scope="row">
              <code title={chunk}>{chunk.slice(0, NAME_SHOWN)}</code>
            </th>
            <td>{repairTexts.reasons[reason]}</td>
            <td>
              <Moment at={since} />
            </td>
          </tr>
        ))}
      </DataTable>
    </section>
  );
}
