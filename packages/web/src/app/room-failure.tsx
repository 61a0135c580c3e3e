import type { ErrorComponentProps } from "@tanstack/react-router";
import { Failure } from "../ui/failure.tsx";

/** In place of a room that could not be shown. */
export function RoomFailure({ error, reset }: ErrorComponentProps) {
  return (
    <div className="room">
      <Failure error={error} onRetry={reset} />
    </div>
  );
}
