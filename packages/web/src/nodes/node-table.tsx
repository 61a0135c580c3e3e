import { Link } from "@tanstack/react-router";
import { formatBytes } from "../format/format-bytes.ts";
import { nodeStatusTexts } from "../texts/health-texts.ts";
import { nodesTexts } from "../texts/nodes-texts.ts";
import { HealthMark } from "../ui/health-mark.tsx";
import { Moment } from "../ui/moment.tsx";
import type { NodeObject } from "./use-nodes.ts";
import { DataTable } from "../ui/data-table.tsx";

export function NodeTable({ nodes, caption }: { readonly nodes: readonly NodeObject[]; readonly caption: string }) {
  const { columns } = nodesTexts;
  return (
    <DataTable
      caption={caption}
      columns={[
        { title: columns.name },
        { title: columns.status },
        { title: columns.room },
        { title: columns.heard, isAside: true },
      ]}
    >
      {nodes.map((node) => (
        <tr key={node.id}>
          <NodeAndStatus node={node} />
          <td>
            <RoomOf node={node} />
          </td>
          <td className="aside soft">
            <LastHeard node={node} />
          </td>
        </tr>
      ))}
    </DataTable>
  );
}

/** The cells that a row about a node begins with. */
export function NodeAndStatus({ node }: { readonly node: Pick<NodeObject, "id" | "name" | "status"> }) {
  return (
    <>
      <th scope="row">
        <Link to="/nodes/$id" params={{ id: node.id }} className="link plain">
          {node.name}
        </Link>
      </th>
      <td title={nodeStatusTexts[node.status].meaning}>
        <NodeStatusMark status={node.status} />
      </td>
    </>
  );
}

export function NodeStatusMark({ status }: { readonly status: NodeObject["status"] }) {
  const { word, health } = nodeStatusTexts[status];
  return <HealthMark health={health} word={word} />;
}

/** When it was heard last: to the second where it should have been heard since. */
export function LastHeard({ node }: { readonly node: Pick<NodeObject, "status" | "last_heartbeat_at"> }) {
  const { status, last_heartbeat_at: at } = node;
  return at === null ? "–" : <Moment at={at} isToTheSecond={status === "suspect" || status === "offline"} />;
}

/** How full it is, as a bar and in numbers. */
export function RoomOf({ node }: { readonly node: Pick<NodeObject, "used_bytes" | "capacity_bytes" | "name"> }) {
  const text = nodesTexts.usedOf(formatBytes(node.used_bytes), formatBytes(node.capacity_bytes));
  const share = node.capacity_bytes === 0 ? 0 : node.used_bytes / node.capacity_bytes;
  return (
    <span className="room-of">
      <meter className="meter" value={share} aria-label={`${node.name}: ${text}`} />
      <span>{text}</span>
    </span>
  );
}
