import { Link } from "@tanstack/react-router";
import { Suspense } from "react";
import { lazyAfterFirstSight } from "../app/first-sight.ts";
import { filesTexts } from "../texts/files-texts.ts";
import { Icon } from "../ui/icon.tsx";
import type { Crumb } from "./use-folder-at.ts";

const DropCrumb = lazyAfterFirstSight(async () => (await import("./drop-crumb.tsx")).DropCrumb);

interface BreadcrumbProps {
  readonly crumbs: readonly Crumb[];
  /** What was dragged onto one of them. */
  readonly onMove: (ids: readonly string[], crumb: Crumb) => void;
}

/** The way from the root to where one stands; things are moved up by dropping them here. */
export function Breadcrumb({ crumbs, onMove }: BreadcrumbProps) {
  const here = crumbs.at(-1);
  return (
    <nav className="breadcrumb" aria-label={filesTexts.breadcrumb}>
      <ol>
        {crumbs.map((crumb) => (
          <li key={crumb.path}>
            {crumb === here ? (
              <h1 aria-current="page" title={crumb.name}>
                {crumb.name}
              </h1>
            ) : (
              <>
                <Suspense fallback={<CrumbLink crumb={crumb} />}>
                  <DropCrumb name={crumb.name} onMove={(ids) => onMove(ids, crumb)}>
                    <CrumbLink crumb={crumb} />
                  </DropCrumb>
                </Suspense>
                <Icon name="right" size={14} />
              </>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}

function CrumbLink({ crumb: { path, name } }: { readonly crumb: Crumb }) {
  return <FolderLink path={path}>{name}</FolderLink>;
}

/** To a folder by its address. */
export function FolderLink({ path, children }: { readonly path: string; readonly children: string }) {
  if (path === "") {
    return (
      <Link to="/files" className="crumb" title={children}>
        {children}
      </Link>
    );
  }
  return (
    <Link to="/files/$" params={{ _splat: path }} className="crumb" title={children}>
      {children}
    </Link>
  );
}
