/**
 * The pages of the dashboard, for the server that frames them and for the page that fills them.
 *
 * @module
 */

/** A page. */
export interface PageInfo {
  readonly path: string;
  /** Name of its file in `ui/pages/`. */
  readonly name: string;
  readonly title: string;
}

/** The five pages, in the order of the navigation. */
export const PAGES: readonly PageInfo[] = Object.freeze([
  { path: "/", name: "overview", title: "Overview" },
  { path: "/activity", name: "activity", title: "Activity" },
  { path: "/violations", name: "violations", title: "Violations" },
  { path: "/analytics", name: "analytics", title: "Analytics" },
  { path: "/settings", name: "settings", title: "Settings" },
]);
