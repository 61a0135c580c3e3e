import { Link, useParams } from "@tanstack/react-router";
import { useLive } from "../api/use-live.ts";
import { useMe, useServices } from "../app/services.tsx";
import { formatShare } from "../format/format-share.ts";
import { withReadableTimes } from "../format/format-time.ts";
import { dayOf } from "../format/utc-days.ts";
import { nodeStatusTexts } from "../texts/health-texts.ts";
import { networkTexts, nodesTexts } from "../texts/nodes-texts.ts";
import { Bytes } from "../ui/bytes.tsx";
import { Failure } from "../ui/failure.tsx";
import { Moment } from "../ui/moment.tsx";
import { useTitle } from "../ui/use-title.ts";
import { NodeAudits } from "./audits.tsx";
import { NodeEarnings } from "./earnings.tsx";
import { LastHeard, NodeStatusMark, RoomOf } from "./node-table.tsx";
import type { NodeObject } from "./use-nodes.ts";

/** One node: how it stands, how full it is, whether it is trusted; for who runs it, what it earns and how checks went. */
export function NodeRoom() {
  const { api, session } = useServices();
  const isAdmin = useMe().data?.role === "admin";
  const { id } = useParams({ from: "/nodes/$id" });
  const {
    data: node,
    error,
    refetch,
  } = useLive(["node", id], (signal) => api("GET /api/v1/nodes/{id}", { params: { id }, signal }));
  const isMine = node?.operator_id === session.userId();
  useTitle(node?.name ?? nodesTexts.title);
  return (
    <div className="room">
      {isMine ? (
        <Link to="/nodes" className="link back">
          {nodesTexts.back}
        </Link>
      ) : (
        <Link to="/network" className="link back">
          {networkTexts.title}
        </Link>
      )}
      {error === null ? null : <Failure error={error} onRetry={() => void refetch()} />}
      {node === undefined ? null : <NodeFacts node={node} isMine={isMine} />}
      {node !== undefined && (isAdmin || isMine) ? (
        <>
          <NodeEarnings node={node} />
          <NodeAudits nodeId={node.id} />
        </>
      ) : null}
    </div>
  );
}

function NodeFacts({ node, isMine }: { readonly node: NodeObject; readonly isMine: boolean }) {
  const { facts } = nodesTexts;
  const labels = Object.entries(node.labels);
  const isSilent = node.status === "suspect" || node.status === "offline";
  const heard = node.last_heartbeat_at;
  return (
    <>
      <h1>{node.name}</h1>
      <section className="section">
        <p>
          <NodeStatusMark status={node.status} />
        </p>
        <p className="soft">
          {isSilent && heard !== null ? `${nodesTexts.silentSince(withReadableTimes(heard))} ` : null}
          {nodeStatusTexts[node.status].meaning}
        </p>
        {isMine && isSilent ? <p>{nodesTexts.startAgain}</p> : null}
        <RoomOf node={node} />
      </section>
      <dl className="facts wide">
        <dt>{facts.free}</dt>
        <dd>
          <Bytes count={node.free_bytes} />
        </dd>
        <dt>{facts.parts}</dt>
        <dd>{node.chunk_count.toLocaleString("en")}</dd>
        <dt>{facts.heard}</dt>
        <dd>
          <LastHeard node={node} />
        </dd>
        <dt>{facts.joined}</dt>
        <dd>
          <Moment at={node.joined_at} />
        </dd>
        <dt>{facts.version}</dt>
        <dd>{node.version}</dd>
        {labels.length === 0 ? null : <dt>{facts.labels}</dt>}
        {labels.length === 0 ? null : <dd>{labels.map(([name, value]) => `${name}: ${value}`).join(", ")}</dd>}
        {node.addresses.length === 0 ? null : <dt>{facts.addresses}</dt>}
        {node.addresses.map((address) => (
          <dd key={address}>
            <code>{address}</code>
          </dd>
        ))}
        <dt>{facts.id}</dt>
        <dd>
          <code>{node.id}</code>
        </dd>
      </dl>
      {node.reputation === undefined ? null : <Trust reputation={node.reputation} joinedAt={node.joined_at} />}
    </>
  );
}

interface TrustProps {
  readonly reputation: NonNullable<NodeObject["reputation"]>;
  readonly joinedAt: string;
}

function Trust({ reputation, joinedAt }: TrustProps) {
  const { trust } = nodesTexts;
  // Presence is reckoned by days that are over, and what is not known yet is not 100 %.
  const hasDays = dayOf(Date.parse(joinedAt)) < dayOf(Date.now());
  return (
    <section className="section">
      <h2>{trust.title}</h2>
      <p>
        <strong>{trust.standings[reputation.standing]}</strong>
        {reputation.why === "" ? null : <span className="soft"> · {withReadableTimes(reputation.why)}</span>}
      </p>
      <dl className="facts wide">
        <dt>{trust.reliability}</dt>
        <dd>
          {formatShare(reputation.reliability)}
          {reputation.standing === "vetting" ? <span className="soft"> · {trust.halved}</span> : null}
        </dd>
        <dt>{trust.honest}</dt>
        <dd>{formatShare(reputation.audit_score)}</dd>
        <dt>{trust.answering}</dt>
        <dd>{formatShare(reputation.error_score)}</dd>
        <dt>{trust.online}</dt>
        <dd>{hasDays ? formatShare(reputation.online_share) : trust.noDay}</dd>
        <dt>{trust.passed}</dt>
        <dd>{reputation.passed.toLocaleString("en")}</dd>
        <Since name={trust.since} at={reputation.vetted_at} />
        <Since name={trust.suspended} at={reputation.suspended_at} />
        <Since name={trust.out} at={reputation.disqualified_at} />
        <Since name={trust.closer} at={reputation.closer_look_until} />
      </dl>
    </section>
  );
}

function Since({ name, at }: { readonly name: string; readonly at: string | null }) {
  if (at === null) return null;
  return (
    <>
      <dt>{name}</dt>
      <dd>
        <Moment at={at} />
      </dd>
    </>
  );
}
