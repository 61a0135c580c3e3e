import { Component, lazy, type ReactNode, Suspense, useState } from "react";
import { Failure } from "../ui/failure.tsx";
import { useSessionState } from "./access.tsx";
import { Doorway, Waiting } from "./doorway.tsx";
import { loadInIdleTime } from "./first-sight.ts";

const Rooms = lazy(() => import("./rooms.tsx").then((rooms) => ({ default: rooms.Rooms })));
/** Whoever is still writing a password will need them. */
void loadInIdleTime([() => import("./rooms.tsx")]);

/** The way in, and the rooms from when somebody enters: they have most of the script, and a visitor does not wait for it. */
export function App() {
  const state = useSessionState();
  const [areOpen, setOpen] = useState(() => location.pathname.startsWith("/shared/"));
  if (!areOpen && state === "signed-in") setOpen(true);
  if (!areOpen) return <Doorway />;
  return (
    <RoomsGuard>
      <Suspense fallback={<Waiting />}>
        <Rooms />
      </Suspense>
    </RoomsGuard>
  );
}

/** Where the script of the rooms does not come, as after a deploy, the page is to be loaded anew. */
class RoomsGuard extends Component<{ readonly children: ReactNode }, { readonly error: unknown }> {
  override state: { readonly error: unknown } = { error: undefined };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    if (this.state.error === undefined) return this.props.children;
    return (
      <main className="waiting">
        <Failure error={this.state.error} onRetry={() => location.reload()} />
      </main>
    );
  }
}
