/**
 * The page that was asked for; each is loaded when it is first opened, with its style.
 *
 * @module
 */

import type { FunctionComponent } from "preact";
import { type PageInfo, PAGES } from "../../src/web/pages.ts";
import { lazy } from "./lazy.tsx";

/** Each page's file has one component. */
const LOADERS: Readonly<Record<string, () => Promise<{ default: FunctionComponent }>>> = {
  overview: () => import("../pages/overview.tsx"),
  activity: () => import("../pages/activity.tsx"),
  violations: () => import("../pages/violations.tsx"),
  analytics: () => import("../pages/analytics.tsx"),
  settings: () => import("../pages/settings.tsx"),
};

const COMPONENTS = Object.fromEntries(PAGES.map(({ name, title }) => [
  name,
  lazy(async () => {
    const [module] = await Promise.all([LOADERS[name]!(), styled(name)]);
    return module.default;
  }, <h1>{title}</h1>),
]));

/** Shows a page, once it is there. */
export function Page({ page }: { readonly page: PageInfo }) {
  const Component = COMPONENTS[page.name]!;
  return <Component key={page.name} />;
}

/** Resolves when the style of a page is there; the frame knows its name. */
function styled(page: string): Promise<void> {
  const name = document.body.dataset[page], href = `/assets/${name}`;
  if (name === undefined || document.querySelector(`link[href="${href}"]`) !== null) {
    return Promise.resolve();
  }
  const link = document.createElement("link");
  return new Promise((done, failed) => {
    link.onload = () => done();
    link.onerror = failed;
    link.rel = "stylesheet";
    link.href = href;
    document.head.append(link);
  });
}
