/**
 * The files of an open database, and whether they are still the ones that are there.
 *
 * @module
 */

import { databaseFiles } from "./private_files.ts";

/** A file that was removed or replaced, or cut, under the connection that uses it. */
export type DisplacedPart = "database" | "write-ahead log" | "shared memory";

const PARTS: readonly DisplacedPart[] = ["database", "write-ahead log", "shared memory"];

/** What there is of a file. */
interface Found {
  /** Which file it is: `none` when there is none. */
  readonly identity: string;
  readonly bytes: number;
}

/** Knows which files were there when a connection was opened. SQLite itself never looks again. */
export class WatchedFiles {
  readonly #paths: readonly string[];
  readonly #identities: readonly string[];
  /** Bytes that the write-ahead log has at least: it does not shrink by itself. */
  #logBytes = 0;

  /** @param path The database, open by now, so that SQLite has made what it keeps beside it. */
  constructor(path: string) {
    const [, ...beside] = databaseFiles(path);
    this.#paths = [path, ...beside]; // a link that leads elsewhere now counts as a replaced file
    this.#identities = this.#paths.map((path) => look(path).identity);
  }

  /** Something was written to the write-ahead log. */
  noteWrite(): void {
    this.#logBytes = Math.max(this.#logBytes, 1);
  }

  /**
   * Finds the first part that is another file now, or none.
   *
   * @param logIsWhole Asked when the write-ahead log has shrunk: whether it holds all that it should.
   */
  displaced(logIsWhole: (bytes: number) => boolean): DisplacedPart | null {
    const found = this.#paths.map(look);
    const other = found.findIndex(({ identity }, n) => identity !== this.#identities[n]);
    if (other >= 0) return PARTS[other]!;
    const { bytes } = found[1]!, hasShrunk = bytes < this.#logBytes;
    this.#logBytes = bytes;
    return hasShrunk && !logIsWhole(bytes) ? PARTS[1]! : null;
  }

  /**
   * Whether everyone who uses the database uses what this connection does, so that it may move what
   * is in its write-ahead log into the database: nobody can have begun another log.
   */
  get isAlone(): boolean {
    const [database, log, memory] = this.#paths.map(look);
    return database!.identity === this.#identities[0] && memory!.identity === this.#identities[2] &&
      (log!.bytes === 0 || log!.identity === this.#identities[1]);
  }
}

/** Deno's own, not `node:fs`, which takes as long to load as all else of this thread. */
function look(path: string): Found {
  try {
    const { dev, ino, size } = Deno.statSync(path);
    return { identity: `${dev}/${ino}`, bytes: size };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { identity: "none", bytes: 0 };
    throw error;
  }
}
