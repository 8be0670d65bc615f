/**
 * Where one is: every state of the page is in its address, so Back works and a link says it all.
 *
 * @module
 */

import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";

/** What the model needs of the browser. */
export interface RoutePort {
  readonly href: () => string;
  readonly push: (href: string) => void;
  readonly replace: (href: string) => void;
}

/** The address, and how it is changed. */
export class Route {
  readonly #port: RoutePort;
  readonly #url: Signal<URL>;
  readonly path: ReadonlySignal<string>;
  readonly search: ReadonlySignal<URLSearchParams>;

  constructor(port: RoutePort) {
    this.#port = port;
    this.#url = signal(new URL(port.href()));
    this.path = computed(() => this.#url.value.pathname);
    this.search = computed(() => this.#url.value.searchParams);
  }

  /** A word of the address; null when it is not there. */
  get(name: string): string | null {
    return this.search.value.get(name);
  }

  /** Goes to a place on this page. */
  go(href: string): void {
    const url = new URL(href, this.#url.value);
    if (url.href === this.#url.value.href) return;
    this.#port.push(url.href);
    this.#url.value = url;
  }

  /**
   * Changes words of the address; null takes one away.
   *
   * @param keeps Whether Back leads to what was before.
   */
  set(words: Readonly<Record<string, string | null>>, keeps = false): void {
    const url = new URL(hrefWith(this.#url.value, words));
    if (url.href === this.#url.value.href) return;
    if (keeps) this.#port.push(url.href);
    else this.#port.replace(url.href);
    this.#url.value = url;
  }

  /** The address with some words changed. */
  with(words: Readonly<Record<string, string | null>>): string {
    const { pathname, search } = new URL(hrefWith(this.#url.value, words));
    return pathname + search;
  }

  /** Follows the browser, which has gone back or forth. */
  follow(): void {
    this.#url.value = new URL(this.#port.href());
  }
}

function hrefWith(at: URL, words: Readonly<Record<string, string | null>>): string {
  const url = new URL(at);
  for (const [name, word] of Object.entries(words)) {
    if (word === null || word === "") url.searchParams.delete(name);
    else url.searchParams.set(name, word);
  }
  url.hash = "";
  return url.href;
}
