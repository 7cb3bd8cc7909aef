import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "./styles.css";
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Router } from "wouter";
import { queryClient } from "./api/query";
import { currentSession, onSessionChange } from "./api/session";
import { App } from "./app";
import { cssVariables, theme } from "./theme";

const root = document.getElementById("root");
if (!root) throw new Error("the page has no root element");

let person = currentSession().session?.user.id;
onSessionChange(() => {
  const now = currentSession().session?.user.id;
  if (now === person) return;
  person = now;
  // What one person was allowed to read is not for the next one.
  queryClient.clear();
});

createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto" cssVariablesResolver={cssVariables}>
      <aside aria-label="Notices">
        <Notifications position="bottom-right" limit={4} withinPortal={false} />
      </aside>
      <QueryClientProvider client={queryClient}>
        <Router base="/console">
          <App />
        </Router>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
