import { Link, type LinkProps, useRouterState } from "@tanstack/react-router";
import { useNavigate } from "@tanstack/react-router";
import { appTexts } from "../texts/app-texts.ts";
import { Icon, type IconName } from "../ui/icon.tsx";
import { MenuButton } from "../ui/menu-button.tsx";
import { Mark } from "./mark.tsx";
import { useMe } from "./services.tsx";

interface Room {
  readonly to: NonNullable<LinkProps["to"]>;
  readonly icon: IconName;
  readonly label: string;
}

const { rooms } = appTexts;
const MAIN: readonly Room[] = [
  { to: "/files", icon: "files", label: rooms.files },
  { to: "/shares", icon: "link", label: rooms.shares },
  { to: "/trash", icon: "trash", label: rooms.trash },
  { to: "/network", icon: "network", label: rooms.network },
  { to: "/lend", icon: "lend", label: rooms.lend },
  { to: "/nodes", icon: "nodes", label: rooms.nodes },
];
const ADMIN: readonly Room[] = [
  { to: "/admin/people", icon: "people", label: rooms.people },
  { to: "/admin/nodes", icon: "nodes", label: rooms.allNodes },
  { to: "/admin/jobs", icon: "jobs", label: rooms.jobs },
  { to: "/admin/repair", icon: "repair", label: rooms.repair },
  { to: "/admin/settings", icon: "settings", label: rooms.settings },
  { to: "/admin/log", icon: "text", label: rooms.log },
];
const ACCOUNT: Room = { to: "/account", icon: "account", label: rooms.account };
/** On a phone; the others are behind one more. */
const FIRST = MAIN.filter(({ to }) => to !== "/shares" && to !== "/trash" && to !== "/nodes");

export function Navigation() {
  const isAdmin = useMe().data?.role === "admin";
  const rest = [...MAIN.filter((room) => !FIRST.includes(room)), ACCOUNT, ...(isAdmin ? ADMIN : [])];
  return (
    <header className="side">
      <Link to="/files" className="brand">
        <Mark />
        <span>{appTexts.name}</span>
      </Link>
      <nav className="rooms" aria-label={appTexts.navigation}>
        {MAIN.map((room) => (
          <RoomLink key={room.to} room={room} isMinor={!FIRST.includes(room)} />
        ))}
        {isAdmin ? <span className="rooms-title">{appTexts.administration}</span> : null}
        {isAdmin ? ADMIN.map((room) => <RoomLink key={room.to} room={room} isMinor />) : null}
        <span className="rooms-gap" />
        <RoomLink room={ACCOUNT} isMinor />
        <MoreRooms rooms={rest} />
      </nav>
    </header>
  );
}

function RoomLink({ room, isMinor }: { readonly room: Room; readonly isMinor: boolean }) {
  return (
    <Link to={room.to} className={isMinor ? "room-link minor" : "room-link"} activeProps={{ className: "current" }}>
      <Icon name={room.icon} />
      <span>{room.label}</span>
    </Link>
  );
}

function MoreRooms({ rooms: others }: { readonly rooms: readonly Room[] }) {
  const navigate = useNavigate();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const isHere = others.some((room) => path.startsWith(room.to));
  return (
    <MenuButton
      className={isHere ? "room-link more current" : "room-link more"}
      button={
        <>
          <Icon name="more" />
          <span>{appTexts.more}</span>
        </>
      }
      placement="top end"
      menu={{ "aria-label": appTexts.more, onAction: (to) => void navigate({ to: String(to) }) }}
      items={others.map(({ to, icon, label }) => ({
        id: to,
        content: (
          <>
            <Icon name={icon} />
            {label}
          </>
        ),
      }))}
    />
  );
}
