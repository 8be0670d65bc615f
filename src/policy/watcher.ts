/**
 * Tells when policy files have changed: written in place, renamed over, written twice, or swapped
 * behind a symbolic link, as Kubernetes does it.
 *
 * @module
 */

import { dirname, resolve } from "node:path";

/** Milliseconds of quiet after a change before the files are looked at, and between two looks. */
const SETTLE_MS = 40;
/** Milliseconds after which they are looked at though their folders are not quiet. */
const MAX_SETTLE_MS = 150;

/** Watches files until it is closed. */
export class FileWatcher {
  readonly #files: readonly string[];
  readonly #onChange: () => void;
  #watcher: Deno.FsWatcher | undefined;
  #watched = "";
  #seen = "";
  /** What the last look has found; a change counts when two looks have found the same. */
  #found = "";
  #timer: ReturnType<typeof setTimeout> | undefined;
  #firstEventAt = 0;
  #closed = false;

  /**
   * @param onChange Called when one of the files is another than before; not for other files in
   * their folders.
   */
  constructor(files: readonly string[], onChange: () => void) {
    this.#files = files.map((file) => resolve(file));
    this.#onChange = onChange;
    this.#seen = this.#found = this.#fingerprint();
    this.#watch();
  }

  /** Stops watching. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#watcher?.close();
  }

  /** Watches the folders of the files and, behind links, of what they really are. */
  #watch(): void {
    const folders = new Set(this.#files.flatMap((file) => [dirname(file), dirname(real(file))]));
    const watched = [...folders].filter(exists).sort();
    if (watched.join("\n") === this.#watched && this.#watcher !== undefined) return;
    this.#watched = watched.join("\n");
    this.#watcher?.close();
    this.#watcher = watched.length > 0 ? Deno.watchFs(watched, { recursive: false }) : undefined;
    if (this.#watcher !== undefined) this.#follow(this.#watcher);
  }

  async #follow(watcher: Deno.FsWatcher): Promise<void> {
    for await (const { kind } of watcher) if (kind !== "access") this.#stir();
  }

  #stir(): void {
    const now = performance.now();
    if (this.#timer === undefined) this.#firstEventAt = now;
    clearTimeout(this.#timer);
    const patience = Math.min(SETTLE_MS, this.#firstEventAt + MAX_SETTLE_MS - now);
    this.#timer = setTimeout(() => this.#look(), Math.max(0, patience));
  }

  #look(): void {
    this.#timer = undefined;
    if (this.#closed) return;
    const before = this.#found, found = this.#found = this.#fingerprint();
    this.#watch();
    if (found === this.#seen) return;
    // A file may be half written: it is looked at until it stays as it is.
    if (found !== before) return void (this.#timer = setTimeout(() => this.#look(), SETTLE_MS));
    this.#seen = found;
    this.#onChange();
  }

  /** Changes when any of the files does, or becomes another one. */
  #fingerprint(): string {
    return this.#files.map((file) => {
      try {
        const { ino, size, mtime, dev } = Deno.statSync(file);
        return [real(file), dev, ino, size, mtime?.getTime()].join();
      } catch {
        return "missing";
      }
    }).join("\n");
  }
}

/** The file behind all links; the path itself when there is none. */
function real(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    return path;
  }
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
