import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { I18nProvider } from "react-aria-components/I18nProvider";
import { AccessContext, createAccess } from "./app/access.tsx";
import { App } from "./app/app.tsx";

/** Put in place by the build. */
declare const BUILD_ID: string;

const access = createAccess(BUILD_ID);
void access.session.start();

// Scripts wait for nothing, not even for the end of the page.
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", show, { once: true });
else show();

function show(): void {
  createRoot(document.querySelector("#root")!).render(
    <StrictMode>
      <I18nProvider locale="en-US">
        <AccessContext value={access}>
          <App />
        </AccessContext>
      </I18nProvider>
    </StrictMode>,
  );
}
