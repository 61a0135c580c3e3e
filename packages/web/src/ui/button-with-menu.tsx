import { Button } from "react-aria-components/Button";
import { Menu, MenuItem, MenuTrigger } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import type { MenuButtonProps } from "./menu-button.tsx";

interface ButtonWithMenuProps extends MenuButtonProps {
  readonly isOpenAtFirst: boolean;
  /** Whether what stood here before had the focus. */
  readonly hadFocus: boolean;
}

export function ButtonWithMenu({ isOpenAtFirst, hadFocus, ...props }: ButtonWithMenuProps) {
  return (
    <MenuTrigger defaultOpen={isOpenAtFirst}>
      <Button
        className={props.className}
        {...(props.label === undefined ? {} : { "aria-label": props.label })}
        autoFocus={hadFocus}
      >
        {props.button}
      </Button>
      <Popover className="popover" placement={props.placement}>
        <Menu {...props.menu} className="menu">
          {props.items.map(({ id, content }) => (
            <MenuItem key={id} id={id} className="menu-item">
              {content}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
