import { Button } from "react-aria-components/Button";
import { useLive } from "../api/use-live.ts";
import { useServices } from "../app/services.tsx";
import { formatDuration } from "../format/format-time.ts";
import { jobsTexts } from "../texts/admin-texts.ts";
import { Failure } from "../ui/failure.tsx";
import { Due, Moment } from "../ui/moment.tsx";
import { useTitle } from "../ui/use-title.ts";
import { type Job, type JobAction, useJobActions } from "./use-job-actions.ts";
import { DataTable } from "../ui/data-table.tsx";

/** The coordinator's periodic work, for administrators. */
export function JobsRoom() {
  useTitle(jobsTexts.title);
  const { api } = useServices();
  const { data, error, refetch } = useLive(["jobs"], (signal) => api("GET /api/v1/jobs", { signal }));
  const act = useJobActions();
  const failure = act.error ?? error;
  const { columns } = jobsTexts;
  return (
    <div className="room">
      <h1>{jobsTexts.title}</h1>
      <p className="soft">{jobsTexts.lead}</p>
      {failure === null ? null : <Failure error={failure} onRetry={() => void refetch()} />}
      {data === undefined ? null : (
        <DataTable
          caption={jobsTexts.title}
          look="stack"
          columns={[
            { title: columns.job },
            { title: columns.state },
            { title: columns.last, isAside: true },
            { title: columns.next, isAside: true },
            { title: columns.actions, isTitleHidden: true },
          ]}
        >
          {data.items.map((job) => (
            <JobRow key={job.name} job={job} onAction={(action) => act.mutate({ name: job.name, action })} />
          ))}
        </DataTable>
      )}
    </div>
  );
}

function JobRow({ job, onAction }: { readonly job: Job; readonly onAction: (action: JobAction) => void }) {
  const isPaused = job.state === "paused";
  const toggle = isPaused ? jobsTexts.resume : jobsTexts.pause;
  return (
    <tr>
      <th scope="row">
        {job.name}
        <span className="under soft">{job.description}</span>
      </th>
      <td>
        <span className={`state state-${job.state}`}>{jobsTexts.states[job.state]}</span>
        <span className="under soft">
          {job.progress === null
            ? jobsTexts.every(formatDuration(job.interval_ms / 1000))
            : jobsTexts.progress(job.progress.done, job.progress.total, job.progress.unit)}
        </span>
      </td>
      <td className="aside">
        <LastRun job={job} />
      </td>
      <td className="aside">{job.next_run_at === null ? "–" : <Due at={job.next_run_at} />}</td>
      <td className="actions">
        <Button className="button" aria-label={jobsTexts.of(jobsTexts.run, job.name)} onPress={() => onAction("run")}>
          {jobsTexts.run}
        </Button>
        <Button
          className="button"
          aria-label={jobsTexts.of(toggle, job.name)}
          onPress={() => onAction(isPaused ? "resume" : "pause")}
        >
          {toggle}
        </Button>
      </td>
    </tr>
  );
}

function LastRun({ job: { last_run: last } }: { readonly job: Job }) {
  if (last === null) return <span className="soft">{jobsTexts.never}</span>;
  return (
    <>
      <Moment at={last.ended_at} />
      {last.failure === null ? null : (
        <span className="under bad" title={last.failure}>
          {jobsTexts.failed}: {last.failure}
        </span>
      )}
    </>
  );
}
