import { useNavigate } from "@tanstack/react-router";
import { useCallback } from "react";

/** Leads to a folder by its address, "Semester 1/Notes"; the empty one is the root's. */
export function useGoToFolder(): (path: string) => void {
  const navigate = useNavigate();
  return useCallback(
    (path) => void (path === "" ? navigate({ to: "/files" }) : navigate({ to: "/files/$", params: { _splat: path } })),
    [navigate],
  );
}
