import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { I18nProvider } from "react-aria-components/I18nProvider";
import { createAppRouter } from "./app/router.tsx";
import { createServices, ServicesContext } from "./app/services.tsx";
import { takeLinkKey } from "./link-page/link-key.ts";
import "./style/app.css";

/** Put in place by the build. */
declare const BUILD_ID: string;

takeLinkKey();
const services = createServices(BUILD_ID);
const router = createAppRouter();
void services.session.start();

createRoot(document.querySelector("#root")!).render(
  <StrictMode>
    <I18nProvider locale="en-US">
      <ServicesContext value={services}>
        <QueryClientProvider client={services.queries}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </ServicesContext>
    </I18nProvider>
  </StrictMode>,
);
