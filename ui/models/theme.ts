/**
 * Light, dark, or what the system says.
 *
 * @module
 */

import { type Signal, signal } from "@preact/signals";

/** A choice. */
export type Theme = "system" | "light" | "dark";

const THEMES: readonly Theme[] = ["system", "light", "dark"];

/** Name under which the browser keeps it; `theme.ts` reads it before anything is painted. */
const KEPT = "agentgate_theme";

/** The choice, and what follows from it. */
export class ThemeChoice {
  readonly theme: Signal<Theme>;
  readonly #storage: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  readonly #apply: (theme: Theme) => void;

  /** @param apply Makes the document follow. */
  constructor(
    storage: Pick<Storage, "getItem" | "setItem" | "removeItem">,
    apply: (theme: Theme) => void,
  ) {
    this.#storage = storage;
    this.#apply = apply;
    const kept = storage.getItem(KEPT);
    this.theme = signal(THEMES.find((theme) => theme === kept) ?? "system");
  }

  /** Goes on to the next. */
  next(): void {
    this.choose(THEMES[(THEMES.indexOf(this.theme.peek()) + 1) % THEMES.length]!);
  }

  /** Chooses one. */
  choose(theme: Theme): void {
    if (theme === "system") this.#storage.removeItem(KEPT);
    else this.#storage.setItem(KEPT, theme);
    this.#apply(theme);
    this.theme.value = theme;
  }
}
