/**
 * What AgentGate has written into clients' files, so that it can be undone to the byte. For the owner's
 * eyes alone: entries hold secrets.
 *
 * @module
 */

import { join } from "node:path";
import { reasonOf, UsageError } from "../errors.ts";

/** One entry as it was, and as it was written. */
export interface EntryRecord {
  readonly before: string;
  readonly after: string;
}

type Stored = Record<string, Record<string, EntryRecord>>;

/** Records of all files, in one file below AgentGate's folder. */
export class Records {
  readonly #folder: string;
  #files: Stored = {};

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Reads them; what cannot be read counts for nothing: entries can be undone without. */
  static async load(home: string): Promise<Records> {
    const records = new Records(join(home, "clients"));
    try {
      const stored = JSON.parse(await Deno.readTextFile(records.#path));
      if (typeof stored?.files === "object" && stored.files !== null) records.#files = stored.files;
    } catch {
      // There are none.
    }
    return records;
  }

  get #path(): string {
    return join(this.#folder, "installed.json");
  }

  /** What is known of an entry; undefined for nothing. */
  of(file: string, path: readonly string[]): EntryRecord | undefined {
    const entries = this.#files[file];
    return entries !== undefined && Object.hasOwn(entries, keyOf(path))
      ? entries[keyOf(path)]
      : undefined;
  }

  /** Notes an entry. */
  set(file: string, path: readonly string[], record: EntryRecord): void {
    const entries = this.#files[file] ??= Object.create(null) as Record<string, EntryRecord>;
    entries[keyOf(path)] = record;
  }

  delete(file: string, path: readonly string[]): void {
    const entries = this.#files[file];
    if (entries === undefined) return;
    delete entries[keyOf(path)];
    if (Object.keys(entries).length === 0) delete this.#files[file];
  }

  /**
   * Keeps a copy of a file as it is before it is changed, once for each content.
   *
   * @throws {UsageError} when it cannot be written.
   */
  async backUp(client: string, text: string): Promise<void> {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    const name = `${client}-${new Uint8Array(digest).toHex().slice(0, 16)}.bak`;
    await this.#write(join(this.#folder, name), text);
  }

  /** @throws {UsageError} when they cannot be written. */
  async save(): Promise<void> {
    await this.#write(
      this.#path,
      JSON.stringify({ version: 1, files: this.#files }, null, 2) + "\n",
    );
  }

  async #write(path: string, text: string): Promise<void> {
    const fresh = `${path}.${crypto.randomUUID().slice(0, 8)}`;
    try {
      await Deno.mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await Deno.writeTextFile(fresh, text, { createNew: true, mode: 0o600 });
      await Deno.rename(fresh, path);
    } catch (fault) {
      await Deno.remove(fresh).catch(() => {});
      throw new UsageError(`cannot write ${path}: ${reasonOf(fault)}`, 1);
    }
  }
}

function keyOf(path: readonly string[]): string {
  return JSON.stringify(path);
}
