const PATHS = {
  files: "M3.5 6.5h6l2 2.5h9v10.5h-17z",
  trash: "M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7M10.2 10.5v5.5M13.8 10.5v5.5",
  network:
    "M12 4.5v6M12 10.5 6 16M12 10.5 18 16M12 5.500a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3zM5.5 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM18.5 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  lend: "M4 13.500h16M6 5.500h12l2 8v5H4v-5zM16.5 16h.01M13.5 16h.01",
  nodes: "M4.5 5h15v5.500h-15zM4.5 13.500h15V19h-15zM7.5 7.750h.01M7.5 16.250h.01",
  account: "M12 12.500a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20c1-3.5 4-5 7.5-5s6.5 1.5 7.5 5",
  jobs: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM12 7.500V12l3 2",
  repair: "M14.5 6.500a4.5 4.5 0 0 0-6 5.500L4 16.5 7.5 20l4.5-4.500a4.5 4.5 0 0 0 5.5-6l-2.5 2.5-2.5-.5-.5-2.500z",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5 20 20",
  upload: "M12 15.500V4.500M7.5 8.5 12 4l4.5 4.500M4.5 15v4.500h15V15",
  download: "M12 4v11M7.5 11l4.5 4.5 4.5-4.500M4.5 15v4.500h15V15",
  list: "M8.5 6.500H20M8.5 12H20M8.5 17.500H20M4.5 6.500h.01M4.5 12h.01M4.5 17.500h.01",
  grid: "M4.5 4.500h6v6h-6zM13.5 4.500h6v6h-6zM4.5 13.500h6v6h-6zM13.5 13.500h6v6h-6z",
  info: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM12 11v5M12 8h.01",
  more: "M6 12h.01M12 12h.01M18 12h.01",
  close: "M6 6l12 12M18 6 6 18",
  check: "M5 12.5 10 17.5 19 7",
  restore: "M4.5 5v5h5M5 10a7.5 7.5 0 1 1-.5 4",
  pause: "M8.5 6v12M15.5 6v12",
  play: "M8 5.500v13l10-6.500z",
  left: "M14.5 5.5 8 12l6.5 6.5",
  right: "M9.5 5.5 16 12l-6.5 6.5",
  up: "M6 14.5 12 8.500l6 6",
  down: "M6 9.500l6 6 6-6",
  copy: "M8.5 8.500h11v11h-11zM15.5 8.500v-4h-11v11h4",
  image: "M4 5h16v14H4zM4 16l4.5-4.500L13 16l3-3 4 4M15.5 9.500h.01",
  video: "M3.5 6h12v12h-12zM15.5 10.500l5-3v9l-5-3",
  audio:
    "M9 17.500V6l10-2v11.500M6.5 20a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM16.5 18a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  text: "M6 3.500h8l4 4v13H6zM14 3.500v4h4M9 12h6M9 15.500h6",
  archive: "M4.5 8h15v11.500h-15zM4 4.500h16V8H4zM10 12h4",
  link: "M10 14a4 4 0 0 0 5.700 0l3-3a4 4 0 0 0-5.700-5.700L12 6.300M14 10a4 4 0 0 0-5.700 0l-3 3a4 4 0 0 0 5.700 5.700l1-1",
  lock: "M5.500 11h13v9h-13zM8.500 11V8a3.500 3.500 0 0 1 7 0v3M12 14.500v2",
  people:
    "M9 11.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM2.500 19.500c.7-3.300 3.300-5 6.500-5s5.800 1.700 6.500 5M15.500 4.800a3.500 3.500 0 0 1 0 6.400M17.500 14.900c2.100.6 3.500 2.100 4 4.600",
  settings:
    "M4 7h9M17 7h3M4 17h3M11 17h9M15 9.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5zM9 19.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z",
  newFolder: "M3.5 6.5h6l2 2.5h9v10.5h-17zM12 11.500v5M9.5 14h5",
  move: "M5 12h13M13.5 7.5 18 12l-4.5 4.500",
  rename: "M4.5 19.500l1-4L16 5l3 3L8.500 18.500z",
  file: "M6 3.500h8l4 4v13H6zM14 3.500v4h4",
} as const;

export type IconName = keyof typeof PATHS;

/** A sign beside words, or in a button that has its words for those who cannot see it. */
export function Icon({ name, size = 20 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg className={`icon icon-${name}`} width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
