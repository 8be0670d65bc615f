/**
 * Tells when policy files have changed: written in place, renamed over, written twice, or swapped
 * behind a symbolic link, as Kubernetes does it.
 *
 * @module
 */

import { dirname, resolve } from "node:path";
import { withUsedFiles } from "./used_files.ts";

/** Milliseconds of quiet after a change before the files are looked at, and between two looks. */
const SETTLE_MS = 40;
/** Milliseconds after which they are looked at though their folders are not quiet. */
const MAX_SETTLE_MS = 150;

/** Watches files until it is closed. */
export class FileWatcher {
  readonly #policyFiles: readonly string[];
  /** These, and the files of rules that they name. */
  #files: readonly string[];
  readonly #onChange: () => void;
  #watcher: Deno.FsWatcher | undefined;
  #watched = "";
  readonly #readings: Readings;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #firstEventAt = 0;
  #closed = false;

  /**
   * @param files Policy files; the files of rules that they name are watched, too.
   * @param onChange Called when one of the files is another than before; not for other files in
   * their folders.
   */
  constructor(files: readonly string[], onChange: () => void) {
    this.#policyFiles = files.map((file) => resolve(file));
    this.#files = withUsedFiles(this.#policyFiles);
    this.#onChange = onChange;
    this.#readings = new Readings(fingerprintOf(this.#files));
    this.#watch();
  }

  /** Stops watching. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#watcher?.close();
  }

  /**
   * Watches the folders of the files and, behind links, of what they really are; of a folder that is
   * still to come, the nearest one around it.
   */
  #watch(): void {
    const folders = new Set(this.#files.flatMap((file) => [dirname(file), dirname(real(file))]));
    const watched = [...new Set([...folders].map(nearest))].sort();
    if (watched.join("\n") === this.#watched && this.#watcher !== undefined) return;
    this.#watched = watched.join("\n");
    this.#watcher?.close();
    this.#watcher = Deno.watchFs(watched, { recursive: false });
    this.#follow(this.#watcher);
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
    this.#files = withUsedFiles(this.#policyFiles);
    const news = this.#readings.take(fingerprintOf(this.#files));
    this.#watch();
    if (news === "unsettled") this.#timer = setTimeout(() => this.#look(), SETTLE_MS);
    else if (news === "changed") this.#onChange();
  }
}

/** A text that changes when any of the files does, or becomes another one. */
export function fingerprintOf(files: readonly string[]): string {
  return files.map((file) => {
    try {
      const { ino, size, mtime, dev } = Deno.statSync(file);
      return [real(file), dev, ino, size, mtime?.getTime()].join();
    } catch {
      return "missing";
    }
  }).join("\n");
}

/** Readings of something that others change: a change counts when two in a row have found it. */
export class Readings {
  #settled: string;
  #last: string;

  /** @param first The reading that counts from the beginning. */
  constructor(first: string) {
    this.#settled = this.#last = first;
  }

  /** Takes the next reading: of a file that is half written, it will not be the last word. */
  take(reading: string): "unchanged" | "unsettled" | "changed" {
    const isSame = reading === this.#last;
    this.#last = reading;
    if (reading === this.#settled) return "unchanged";
    if (!isSame) return "unsettled";
    this.#settled = reading;
    return "changed";
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

/** The folder, or the nearest one around it that exists. */
function nearest(folder: string): string {
  return exists(folder) || dirname(folder) === folder ? folder : nearest(dirname(folder));
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
