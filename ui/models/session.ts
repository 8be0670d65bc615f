/**
 * Being signed in: the key, where it is kept, and what became of it.
 *
 * @module
 */

import { type Signal, signal } from "@preact/signals";

/** - `out`: there is no key
 * - `in`: there is one, and nobody has refused it
 * - `wrong`: it was refused
 * - `waiting`: too many wrong ones came, from whomever */
export type SignedIn = "out" | "in" | "wrong" | "waiting";

/** What the model needs of the browser. */
export interface SessionPort {
  readonly storage: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  /** The fragment of the address, with its `#`. */
  readonly fragment: () => string;
  /** Takes the fragment out of the address: a key should not stay there to be seen. */
  readonly dropFragment: () => void;
}

/** Name under which a tab keeps the key; it is gone with the tab. */
const KEPT = "agentgate_token";

/** The key of this tab. */
export class Session {
  readonly state: Signal<SignedIn>;
  readonly #port: SessionPort;

  constructor(port: SessionPort) {
    this.#port = port;
    this.state = signal(port.storage.getItem(KEPT) === null ? "out" : "in");
    this.takeFragment();
  }

  get key(): string | null {
    return this.#port.storage.getItem(KEPT);
  }

  /** Signs in by a link: `#key=…`. */
  takeFragment(): void {
    const key = new URLSearchParams(this.#port.fragment().slice(1)).get("key");
    if (key === null) return;
    this.#port.dropFragment();
    this.signIn(key);
  }

  /** Takes a key; whether it is the right one, the next answer tells. */
  signIn(key: string): void {
    this.#port.storage.setItem(KEPT, key.trim());
    this.state.value = "in";
  }

  /** Forgets the key. */
  signOut(): void {
    this.#port.storage.removeItem(KEPT);
    this.state.value = "out";
  }

  /** The gateway has refused the key. */
  refused(status: 401 | 429): void {
    if (status === 401) this.#port.storage.removeItem(KEPT);
    this.state.value = status === 401 ? "wrong" : "waiting";
  }
}
