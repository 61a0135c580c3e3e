import { Button } from "react-aria-components/Button";
import { Menu, MenuItem, MenuTrigger } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import type { NodeObject } from "../nodes/use-nodes.ts";
import { adminNodesTexts } from "../texts/admin-texts.ts";
import { Icon } from "../ui/icon.tsx";
import { useNodeBans } from "./use-node-bans.ts";

interface AdminNodeMenuProps {
  readonly node: NodeObject;
  readonly onOpen: (what: "history" | "remove") => void;
}

export function AdminNodeMenu({ node, onOpen }: AdminNodeMenuProps) {
  const setBanned = useNodeBans();
  const isBanned = node.status === "banned";
  return (
    <MenuTrigger>
      <Button className="icon-button" aria-label={adminNodesTexts.actions(node.name)}>
        <Icon name="more" />
      </Button>
      <Popover className="popover" placement="bottom end">
        <Menu className="menu">
          <MenuItem className="menu-item" onAction={() => onOpen("history")}>
            <Icon name="jobs" />
            {adminNodesTexts.history}
          </MenuItem>
          <MenuItem className="menu-item" onAction={() => setBanned(node, !isBanned)}>
            <Icon name={isBanned ? "check" : "close"} />
            {isBanned ? adminNodesTexts.unban : adminNodesTexts.ban}
          </MenuItem>
          <MenuItem className="menu-item" onAction={() => onOpen("remove")}>
            <Icon name="trash" />
            {adminNodesTexts.remove}
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
