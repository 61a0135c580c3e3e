import { MenuItem } from "react-aria-components/Menu";
import { useServices } from "../app/services.tsx";
import { sharesTexts } from "../texts/shares-texts.ts";
import { Icon } from "../ui/icon.tsx";
import type { ShareTarget } from "./sharing.ts";

/** In the menu of a file. */
export function ShareMenuItem({ target }: { readonly target: ShareTarget }) {
  const { sharing } = useServices();
  return (
    <MenuItem id="share" className="menu-item" textValue={sharesTexts.share} onAction={() => sharing.share(target)}>
      <Icon name="link" />
      {sharesTexts.share}
    </MenuItem>
  );
}
