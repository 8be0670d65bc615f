/**
 * Everything that can be done on the page, in one list: the palette shows it, keys run it, and the
 * help says which.
 *
 * @module
 */

import { type Signal, signal } from "@preact/signals";

/** Something to do. */
export interface Action {
  readonly id: string;
  /** An imperative: `Pause the live rows`. */
  readonly label: string;
  /** As `KeyboardEvent.key` has it; `mod+k` with Control or Command. */
  readonly key?: string | undefined;
  /** Whether it is left out of the palette: moving about in a list. */
  readonly isMove?: boolean | undefined;
  readonly run: () => void;
}

/** A key that was pressed. */
export type KeyPress = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey">;

/** The list. */
export class Actions {
  readonly all: Signal<readonly Action[]> = signal<readonly Action[]>([]);

  /** Adds actions; those with the same id or key before them are hidden meanwhile. Gives what takes them off. */
  add(actions: readonly Action[]): () => void {
    this.all.value = [...this.all.peek(), ...actions];
    return () => this.all.value = this.all.peek().filter((action) => !actions.includes(action));
  }

  /**
   * Runs what a key stands for.
   *
   * @param isTyping Whether it was typed into a field: then only keys with Control or Command count.
   * @returns Whether there was anything.
   */
  press(press: KeyPress, isTyping: boolean): boolean {
    if (press.altKey) return false;
    const isMod = press.ctrlKey || press.metaKey;
    if (isTyping && !isMod) return false;
    const key = isMod ? `mod+${press.key.toLowerCase()}` : press.key;
    const action = this.all.peek().findLast((action) => action.key === key);
    action?.run();
    return action !== undefined;
  }
}
