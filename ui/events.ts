/**
 * What an event of the browser means for the page, and what stays the browser's own business.
 *
 * @module
 */

import { PAGES } from "../src/web/pages.ts";

/** Whether the key is the browser's own for what has the focus. */
export function isPressable({ key, target }: KeyboardEvent): boolean {
  return (key === "Enter" || key === " ") && target instanceof Element &&
    target.closest(key === "Enter" ? "a, button, summary" : "button, summary") !== null;
}

/** Whether somebody types there. */
export function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement;
}

/** Where a click leads on this page; null when it is the browser's business. */
export function hrefOf(event: MouseEvent): string | null {
  if (event.defaultPrevented || event.button !== 0) return null;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return null;
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (link === null || link.target !== "" || link.hasAttribute("download")) return null;
  const { origin, pathname, search, hash } = new URL(link.href);
  const isPage = origin === location.origin && PAGES.some(({ path }) => path === pathname);
  return isPage && hash === "" ? pathname + search : null;
}
