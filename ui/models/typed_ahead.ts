/**
 * Keys that are meant for something that is still on its way: a part of the page that is being loaded.
 *
 * @module
 */

import type { KeyPress } from "./actions.ts";

/** What was typed for it. */
export class TypedAhead {
  #text: string | null = null;

  /** From now on keys are for what comes. */
  expect(): void {
    this.#text = "";
  }

  /** Keeps a key, unless nothing is expected or it types nothing. Gives whether it was kept. */
  keep({ key, ctrlKey, metaKey, altKey }: KeyPress): boolean {
    if (this.#text === null || key.length > 1 || ctrlKey || metaKey || altKey) return false;
    this.#text += key;
    return true;
  }

  /** What was typed, for what has come; null when it was not expected. Nothing is from then on. */
  take(): string | null {
    const text = this.#text;
    this.#text = null;
    return text;
  }
}
