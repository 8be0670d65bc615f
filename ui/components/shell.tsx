/**
 * What stands around every page: the way to the others, how the feed stands, and what must be known
 * everywhere.
 *
 * @module
 */

import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { PAGES } from "../../src/web/pages.ts";
import { useActions, useApp } from "../app_model.ts";
import { hrefOf, isField, isPressable } from "../events.ts";
import { withStyle } from "../style.ts";
import { again, lazy } from "./lazy.tsx";
import { LiveState } from "./live_state.tsx";
import { OfflineNotice } from "./offline_notice.tsx";
import { Page } from "./page.tsx";
import { ThemeSwitch } from "./theme_switch.tsx";

const Notices = lazy(() => again(async () => (await import("./notices.tsx")).Notices));
const KeyGate = lazy(async () =>
  (await withStyle("dialogs", () => import("./key_gate.tsx"))).KeyGate
);
const KeyHelp = lazy(async () =>
  (await withStyle("dialogs", () => import("./key_help.tsx"))).KeyHelp
);
const Palette = lazy(async () =>
  (await withStyle("dialogs", () => import("./palette.tsx"))).Palette
);

/** Milliseconds for which the first calls are alone. */
const SETTLED_MS = 1500;

/** Everything. */
export function Shell() {
  const app = useApp(), { route, session, actions, live, typed } = app;
  const [dialog, setDialog] = useState<"palette" | "keys" | null>(null);
  const path = route.path.value;
  const page = PAGES.find((page) => page.path === path) ?? PAGES[0]!;
  const isIn = session.state.value === "in";
  const hasNotices = useSettled() || live.connection.value === "waiting" ||
    app.trouble.value !== null;

  const find = () => {
    typed.expect();
    setDialog("palette");
  };
  const close = () => setDialog(null);

  useLayoutEffect(() => {
    document.title = `${isIn ? page.title : "Sign in"} – AgentGate`;
  }, [page, isIn]);
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (document.querySelector("dialog[open]") !== null) return;
      if (event.key === "Escape" && typed.take() !== null) return setDialog(null);
      if (typed.keep(event)) return event.preventDefault();
      if (isPressable(event)) return;
      if (actions.press(event, isField(event.target))) event.preventDefault();
    };
    const click = (event: MouseEvent) => {
      const href = hrefOf(event);
      if (href === null) return;
      event.preventDefault();
      typed.take();
      route.go(href);
    };
    addEventListener("keydown", press);
    addEventListener("click", click);
    return () => {
      removeEventListener("keydown", press);
      removeEventListener("click", click);
    };
  }, []);
  useActions(() => [
    ...PAGES.map(({ title, path }) => ({
      id: `go-${path}`,
      label: `Go to ${title}`,
      run: () => route.go(path),
    })),
    { id: "palette", label: "Find an action", key: "mod+k", run: find },
    { id: "keys", label: "Show the keys", key: "?", run: () => setDialog("keys") },
    { id: "sign-out", label: "Sign out: forget the key in this tab", run: () => session.signOut() },
  ]);

  /** A stretch that was chosen goes along to the pages that are about a span. */
  const kept = (to: string) => {
    const from = route.get("from");
    return from === null || !/^.(violat|analyt|$)/.test(to)
      ? ""
      : `?from=${from}&to=${route.get("to")}`;
  };

  return (
    <>
      <a class="skip" href="#main">Skip to the page</a>
      <header class="top">
        <a class="brand" href="/">
          <i />AgentGate
        </a>
        <nav aria-label="Pages">
          {PAGES.map(({ path, title }) => (
            <a href={path + kept(path)} aria-current={path === page.path ? "page" : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <span class="gap" />
        <button
          type="button"
          class="plain"
          aria-keyshortcuts="Control+K"
          onClick={find}
        >
          <kbd class="wide">{app.isMac ? "⌘K" : "Ctrl K"}</kbd>
          <span class="narrow" aria-hidden="true">⋯</span>
          <span class="hushed">Find an action</span>
        </button>
        <ThemeSwitch />
        <LiveState />
      </header>
      <section class="notices" aria-label="Notices">
        <OfflineNotice />
        {isIn && hasNotices && <Notices />}
      </section>
      <div class="told" role="status" hidden={app.told.value === null}>{app.told.value}</div>
      <main id="main" tabIndex={-1}>
        {isIn ? <Page page={page} /> : <KeyGate />}
      </main>
      {dialog === "palette" && <Palette onClose={close} />}
      {dialog === "keys" && <KeyHelp onClose={close} />}
    </>
  );
}

/** Whether the first calls have been there for a moment: what nobody waits for comes after them. */
function useSettled(): boolean {
  const isKnown = useApp().live.isKnown.value, [isSettled, setSettled] = useState(false);
  useEffect(() => {
    if (!isKnown) return;
    const timer = setTimeout(() => setSettled(true), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [isKnown]);
  return isSettled;
}
