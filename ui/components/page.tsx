/**
 * The page that was asked for; each is loaded when it is first opened, with its style.
 *
 * @module
 */

import type { FunctionComponent } from "preact";
import { type PageInfo, PAGES } from "../../src/web/pages.ts";
import { withStyle } from "../style.ts";
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
  lazy(async () => (await withStyle(name, LOADERS[name]!)).default, <h1>{title}</h1>),
]));

/** Shows a page, once it is there. */
export function Page({ page }: { readonly page: PageInfo }) {
  const Component = COMPONENTS[page.name]!;
  return <Component key={page.name} />;
}
