/**
 * A client's file on disk: read whole, replaced whole, and only if nobody else has written meanwhile.
 *
 * @module
 */

import { basename, dirname, join } from "node:path";
import { reasonOf } from "../errors.ts";
import { Unreadable } from "./entry.ts";

const WRITE = 0o200;

/**
 * Reads a file.
 *
 * @returns Null when there is none.
 * @throws {Unreadable} when it cannot be read, or is not UTF-8.
 */
export async function readClientFile(path: string): Promise<string | null> {
  try {
    return textOf(await Deno.readFile(path));
  } catch (fault) {
    if (fault instanceof Unreadable) throw fault;
    if (!(fault instanceof Deno.errors.NotFound)) throw new Unreadable(reasonOf(fault));
    if (!await isLink(path)) return null;
    throw new Unreadable("it is a link that leads nowhere");
  }
}

/**
 * Replaces the text of a file: at any moment there is the old one or the new one. Links stay, and what
 * they lead to is replaced; so stay its rights.
 *
 * @param before What was read: another text there is left as it is.
 * @throws {Unreadable} when that is not possible; then nothing has changed.
 */
export async function replaceClientFile(
  path: string,
  before: string,
  after: string,
): Promise<void> {
  let fresh: string | undefined;
  try {
    const real = await Deno.realPath(path), { mode, uid, gid } = await Deno.stat(real);
    const own = Deno.uid();
    if (mode !== null && (mode & WRITE) === 0) throw new Unreadable("it is read-only");
    if (own !== null && own !== 0 && uid !== own) throw new Unreadable("it is another user's");
    const name = join(
      dirname(real),
      `.${basename(real)}.agentgate-${crypto.randomUUID().slice(0, 8)}`,
    );
    using file = await Deno.open(name, { write: true, createNew: true, mode: 0o600 });
    fresh = name;
    const bytes = new TextEncoder().encode(after);
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    if (mode !== null && Deno.build.os !== "windows") {
      if (own === 0 && uid !== null && gid !== null) await Deno.chown(name, uid, gid);
      await Deno.chmod(name, mode & 0o7777);
    }
    await file.sync();
    if (textOf(await Deno.readFile(real)) !== before) {
      throw new Unreadable("it was changed meanwhile: run the command again");
    }
    await Deno.rename(name, real);
    fresh = undefined;
  } catch (fault) {
    if (fresh !== undefined) await Deno.remove(fresh).catch(() => {});
    throw fault instanceof Unreadable ? fault : new Unreadable(reasonOf(fault));
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Unreadable("it is not UTF-8");
  }
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await Deno.lstat(path)).isSymlink;
  } catch {
    return false;
  }
}
