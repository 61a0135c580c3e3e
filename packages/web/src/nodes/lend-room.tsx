import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useRef } from "react";
import { Button } from "react-aria-components/Button";
import { useServices } from "../app/services.tsx";
import { lendTexts } from "../texts/nodes-texts.ts";
import { CopyLine } from "../ui/copy-line.tsx";
import { Failure } from "../ui/failure.tsx";
import { useTitle } from "../ui/use-title.ts";
import { useNodes } from "./use-nodes.ts";

/** How to lend a disk, with a token to copy, until the node is there. */
export function LendRoom() {
  useTitle(lendTexts.title);
  const { api } = useServices();
  const nodes = useNodes();
  const known = useRef<ReadonlySet<string>>(new Set());
  const token = useMutation({
    mutationFn: () => api("POST /api/v1/nodes/join-tokens"),
    onMutate: () => {
      known.current = new Set(nodes.data?.map((node) => node.id));
    },
  });
  return (
    <div className="room narrow">
      <h1>{lendTexts.title}</h1>
      <p>{lendTexts.lead}</p>
      <ol className="steps">
        <li>
          <h2>{lendTexts.token.title}</h2>
          <p className="soft">{lendTexts.token.text}</p>
          {token.error === null ? null : <Failure error={token.error} />}
          <Button
            className={token.data === undefined ? "button strong" : "button"}
            isPending={token.isPending}
            onPress={() => token.mutate()}
          >
            {token.data === undefined ? lendTexts.token.make : lendTexts.token.again}
          </Button>
        </li>
        {token.data === undefined ? null : (
          <>
            <li>
              <h2>{lendTexts.setup.title}</h2>
              <p className="soft">{lendTexts.setup.text}</p>
              <CopyLine text={lendTexts.setup.command} />
            </li>
            <li>
              <h2>{lendTexts.run.title}</h2>
              <p className="soft">{lendTexts.run.text}</p>
              <CopyLine text={lendTexts.run.command(token.data.command)} />
            </li>
            <li>
              <h2>{lendTexts.start.title}</h2>
              <p className="soft">{lendTexts.start.text}</p>
              <CopyLine text={lendTexts.start.command} />
              <Joined known={known.current} />
            </li>
          </>
        )}
      </ol>
    </div>
  );
}

function Joined({ known }: { readonly known: ReadonlySet<string> }) {
  const { session } = useServices();
  const nodes = useNodes();
  const joined = nodes.data?.filter((node) => !known.has(node.id) && node.operator_id === session.userId()) ?? [];
  return (
    <div role="status">
      {joined.length === 0 ? <p className="soft pulse">{lendTexts.waiting}</p> : null}
      {joined.map((node) => (
        <p key={node.id}>
          {lendTexts.joined(node.name)}{" "}
          <Link to="/nodes/$id" params={{ id: node.id }} className="link">
            {lendTexts.look}
          </Link>
        </p>
      ))}
    </div>
  );
}
