/**
 * The page in a browser: it puts the models on their ports and shows the shell.
 *
 * @module
 */

import "./shared.ts";
import { render } from "preact";
import { signal } from "@preact/signals";
import { type AppModel, AppProvider } from "./app_model.ts";
import type { CopyProgress } from "../src/web/copy_progress.ts";
import { Client, frameOf } from "./client.ts";
import { Shell } from "./components/shell.tsx";
import { Actions } from "./models/actions.ts";
import type { Call } from "./models/call.ts";
import { Live } from "./models/live.ts";
import { Route } from "./models/route.ts";
import { Session } from "./models/session.ts";
import { ThemeChoice } from "./models/theme.ts";
import { TypedAhead } from "./models/typed_ahead.ts";

/** Milliseconds for which something that was done is told. */
const TOLD_MS = 2500;

const session = new Session({
  storage: sessionStorage,
  fragment: () => location.hash,
  dropFragment: () => history.replaceState(null, "", location.pathname + location.search),
});
const fleet = signal<CopyProgress | null>(null);
const trouble = signal<string | null>(null), told = signal<string | null>(null);
const now = signal(Date.now());
const client = new Client({
  fetch: (input, init) => fetch(input, init),
  socket: (path) => new WebSocket(path),
  key: () => session.key,
  onRefused: (status) => session.refused(status),
  onLog: (reason) => trouble.value = reason,
});
const live = new Live({
  open: (since) => client.socket(since),
  mayOpen: () => session.state.peek() === "in",
  newest: () => client.get<Call[]>("/api/invocations?view=rows&limit=100"),
  read: frameOf,
  nextFrame: (call) => void requestAnimationFrame(call),
  after: (ms, call) => void setTimeout(call, ms),
  now: () => performance.now(),
});
const route = new Route({
  href: () => location.href,
  push: (href) => history.pushState(null, "", href),
  replace: (href) => history.replaceState(null, "", href),
});
const theme = new ThemeChoice(localStorage, (theme) => {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
});
let telling: ReturnType<typeof setTimeout> | undefined;

const app: AppModel = {
  ...{ client, route, session, live, theme, now, trouble, fleet, told },
  actions: new Actions(),
  typed: new TypedAhead(),
  isMac: /Mac|iPhone|iPad/.test(navigator.platform),
  tell(words) {
    clearTimeout(telling);
    told.value = words;
    telling = setTimeout(() => told.value = null, TOLD_MS);
  },
  async copy(text, what) {
    try {
      await navigator.clipboard.writeText(text);
      app.tell(`${what} copied`);
    } catch {
      app.tell("The browser does not let this page copy: select the text instead");
    }
  },
  save(blob, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  },
};

addEventListener("hashchange", () => session.takeFragment());
addEventListener("popstate", () => {
  app.typed.take();
  route.follow();
});
setInterval(() => now.value = Date.now(), 1000);
session.state.subscribe((state) => state === "in" ? live.start() : live.stop());

const root = document.getElementById("app")!;
root.replaceChildren();
render(
  <AppProvider value={app}>
    <Shell />
  </AppProvider>,
  root,
);
