/**
 * The page that was asked for; each is loaded when it is first opened.
 *
 * @module
 */

import type { FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { PageInfo } from "../../src/web/pages.ts";

/** Each page's file has one component. */
const LOADERS: Readonly<Record<string, () => Promise<{ default: FunctionComponent }>>> = {
  overview: () => import("../pages/overview.tsx"),
  activity: () => import("../pages/activity.tsx"),
  violations: () => import("../pages/violations.tsx"),
  analytics: () => import("../pages/analytics.tsx"),
  settings: () => import("../pages/settings.tsx"),
};

const loaded = new Map<string, FunctionComponent>();

/** Shows a page, once it is there. */
export function Page({ page }: { readonly page: PageInfo }) {
  const [, setCount] = useState(0);
  const [fault, setFault] = useState<string | null>(null);
  const Component = loaded.get(page.name);
  useEffect(() => {
    if (loaded.has(page.name)) return;
    setFault(null);
    LOADERS[page.name]!().then((module) => {
      loaded.set(page.name, module.default);
      setCount((count) => count + 1);
    }).catch(() =>
      setFault("This page could not be loaded. Another version of AgentGate may serve now.")
    );
  }, [page.name]);
  if (Component !== undefined) return <Component key={page.name} />;
  return (
    <>
      <h1>{page.title}</h1>
      {fault !== null && (
        <p role="alert">
          {fault} <button type="button" onClick={() => location.reload()}>Reload</button>
        </p>
      )}
    </>
  );
}
