import { type ReactNode, Suspense, useState } from "react";
import { Button } from "react-aria-components/Button";
import type { MenuProps } from "react-aria-components/Menu";
import type { PopoverProps } from "react-aria-components/Popover";
import { lazyAfterFirstSight, loadTheRestNow } from "../app/first-sight.ts";

export interface MenuButtonProps {
  readonly className: string;
  /** What the button says, where it is not written on it. */
  readonly label?: string;
  readonly button: ReactNode;
  readonly placement: NonNullable<PopoverProps["placement"]>;
  readonly menu: Omit<MenuProps<object>, "children" | "className"> & { readonly "aria-label": string };
  readonly items: readonly { readonly id: string; readonly content: ReactNode }[];
}

const WithMenu = lazyAfterFirstSight(async () => (await import("./button-with-menu.tsx")).ButtonWithMenu);

/** A button with a menu, which comes after the first sight; pressed before, it opens as soon as it can. */
export function MenuButton(props: MenuButtonProps) {
  const [isWanted, setWanted] = useState(false);
  const [hasFocus, setFocus] = useState(false);
  const early = (
    <Button
      className={props.className}
      {...(props.label === undefined ? {} : { "aria-label": props.label })}
      aria-haspopup="menu"
      onFocusChange={setFocus}
      onPress={() => {
        setWanted(true);
        loadTheRestNow();
      }}
    >
      {props.button}
    </Button>
  );
  return (
    <Suspense fallback={early}>
      <WithMenu {...props} isOpenAtFirst={isWanted} hadFocus={hasFocus} />
    </Suspense>
  );
}
