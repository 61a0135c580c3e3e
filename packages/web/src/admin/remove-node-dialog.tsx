import { hasCode } from "@commonhold/core/app-error.ts";
import { useMutation } from "@tanstack/react-query";
import { Button } from "react-aria-components/Button";
import { useServices } from "../app/services.tsx";
import type { NodeObject } from "../nodes/use-nodes.ts";
import { adminNodesTexts } from "../texts/admin-texts.ts";
import { messageOf, sentence } from "../ui/failure.tsx";
import { Sheet } from "../ui/sheet.tsx";

interface RemoveNodeDialogProps {
  readonly node: Pick<NodeObject, "id" | "name">;
  readonly onClose: () => void;
}

const { removal } = adminNodesTexts;

/** Asks first: copies that are made anew cost the others work, and by force something may be lost. */
export function RemoveNodeDialog({ node, onClose }: RemoveNodeDialogProps) {
  const { api, queries, toasts } = useServices();
  const remove = useMutation({
    mutationFn: (force: boolean) =>
      api("DELETE /api/v1/nodes/{id}", { params: { id: node.id }, query: force ? { force } : {} }),
    onSuccess: () => {
      toasts.show(removal.done(node.name));
      for (const key of ["nodes", "node-events", "admin-log"]) void queries.invalidateQueries({ queryKey: [key] });
      onClose();
    },
  });
  const isRefused = remove.error !== null && hasCode(remove.error, "NODE_STILL_NEEDED");
  return (
    <Sheet title={removal.title(node.name)} isOpen onClose={onClose}>
      <p>{removal.lead}</p>
      <p className="soft">{removal.refused}</p>
      <p role="alert" className={remove.error === null ? "form-failure none" : "form-failure"}>
        {remove.error === null ? null : sentence(messageOf(remove.error))}
      </p>
      {isRefused ? <p className="bad">{removal.forceHint}</p> : null}
      <div className="row">
        <Button className="button danger" isDisabled={remove.isPending} onPress={() => remove.mutate(isRefused)}>
          {isRefused ? removal.force : removal.yes}
        </Button>
      </div>
    </Sheet>
  );
}
