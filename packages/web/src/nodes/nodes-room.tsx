import { Link } from "@tanstack/react-router";
import { useServices } from "../app/services.tsx";
import { nodesTexts } from "../texts/nodes-texts.ts";
import { Empty } from "../ui/empty.tsx";
import { Failure } from "../ui/failure.tsx";
import { useTitle } from "../ui/use-title.ts";
import { NodeTable } from "./node-table.tsx";
import { useNodes } from "./use-nodes.ts";

/** The disks that a person lends. */
export function NodesRoom() {
  useTitle(nodesTexts.title);
  const { session } = useServices();
  const { data, error, refetch } = useNodes();
  const mine = data?.filter((node) => node.operator_id === session.userId());
  return (
    <div className="room">
      <h1>{nodesTexts.title}</h1>
      {error === null ? null : <Failure error={error} onRetry={() => void refetch()} />}
      {mine !== undefined && mine.length > 0 ? <NodeTable nodes={mine} caption={nodesTexts.title} /> : null}
      {mine?.length === 0 ? (
        <Empty icon="nodes" title={nodesTexts.none.title} text={nodesTexts.none.text}>
          <Link to="/lend" className="link">
            {nodesTexts.lend}
          </Link>
        </Empty>
      ) : null}
    </div>
  );
}
