import { useState } from "react";
import { LastHeard, NodeAndStatus, RoomOf } from "../nodes/node-table.tsx";
import { type NodeObject, useNodes } from "../nodes/use-nodes.ts";
import { adminNodesTexts } from "../texts/admin-texts.ts";
import { type NodeStatus, nodeStatusTexts } from "../texts/health-texts.ts";
import { nodesTexts } from "../texts/nodes-texts.ts";
import { Choice } from "../ui/choice.tsx";
import { Empty } from "../ui/empty.tsx";
import { Failure } from "../ui/failure.tsx";
import { FindField } from "../ui/find-field.tsx";
import { useTitle } from "../ui/use-title.ts";
import { AdminNodeMenu } from "./admin-node-menu.tsx";
import { NodeHistory } from "./node-history.tsx";
import { RemoveNodeDialog } from "./remove-node-dialog.tsx";
import { DataTable } from "../ui/data-table.tsx";

const { columns } = adminNodesTexts;
const STATES = Object.entries(nodeStatusTexts).map(([status, { word }]) => [status as NodeStatus, word] as const);

/** Every node and how it stands, for administrators. */
export function AdminNodesRoom() {
  useTitle(adminNodesTexts.title);
  const { data, error, refetch } = useNodes();
  const [text, setText] = useState("");
  const [status, setStatus] = useState<NodeStatus | "all">("all");
  const [open, setOpen] = useState<{ readonly what: "history" | "remove"; readonly node: NodeObject }>();
  const nodes = data?.filter((node) => (status === "all" || node.status === status) && isCalled(node, text));
  return (
    <div className="room">
      <h1>{adminNodesTexts.title}</h1>
      <div className="filters">
        <FindField label={adminNodesTexts.find} value={text} onChange={setText} />
        <Choice
          label={adminNodesTexts.state}
          value={status}
          options={[["all", adminNodesTexts.every], ...STATES]}
          onChange={setStatus}
        />
      </div>
      {error === null ? null : <Failure error={error} onRetry={() => void refetch()} />}
      {nodes?.length === 0 ? <Empty icon="nodes" {...adminNodesTexts.none} /> : null}
      {nodes === undefined || nodes.length === 0 ? null : (
        <NodesTable nodes={nodes} onOpen={(what, node) => setOpen({ what, node })} />
      )}
      <p className="soft">{adminNodesTexts.drain}</p>
      {open?.what === "history" ? <NodeHistory node={open.node} onClose={() => setOpen(undefined)} /> : null}
      {open?.what === "remove" ? <RemoveNodeDialog node={open.node} onClose={() => setOpen(undefined)} /> : null}
    </div>
  );
}

function isCalled({ name, id }: NodeObject, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  return name.toLowerCase().includes(wanted) || id.toLowerCase().startsWith(wanted);
}

interface NodesTableProps {
  readonly nodes: readonly NodeObject[];
  readonly onOpen: (what: "history" | "remove", node: NodeObject) => void;
}

function NodesTable({ nodes, onOpen }: NodesTableProps) {
  return (
    <DataTable
      caption={adminNodesTexts.title}
      columns={[
        { title: columns.name },
        { title: columns.status },
        { title: columns.room, isAside: true },
        { title: columns.trust, isAside: true },
        { title: columns.heard, isAside: true },
        { title: columns.actions, isTitleHidden: true },
      ]}
    >
      {nodes.map((node) => (
        <tr key={node.id}>
          <NodeAndStatus node={node} />
          <td className="aside">
            <RoomOf node={node} />
          </td>
          <td className="aside">
            {node.reputation === undefined ? "–" : nodesTexts.trust.standings[node.reputation.standing]}
          </td>
          <td className="aside soft">
            <LastHeard node={node} />
          </td>
          <td className="actions">
            <AdminNodeMenu node={node} onOpen={(what) => onOpen(what, node)} />
          </td>
        </tr>
      ))}
    </DataTable>
  );
}
