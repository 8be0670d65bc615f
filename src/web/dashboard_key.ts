/**
 * The key of the dashboard: one for the machine, so that a browser stays signed in whichever gateway
 * serves.
 *
 * @module
 */

import { join } from "node:path";
import { reasonOf, UsageError } from "../errors.ts";

/** Random bytes of a key. */
const KEY_BYTES = 16;
/** A shorter text in the file is none: somebody is writing it, or has cut it. */
const MIN_KEY_CHARS = 16;
/** How often a file that somebody else is making is looked at, and how long in between, in ms. */
const LOOKS = 20, LOOK_AFTER_MS = 10;

/**
 * Gives the key: the configuration's `dashboard_api_key`, or that of the file `dashboard.key`, which
 * whoever needs it first makes, for its owner alone.
 *
 * @param folder AgentGate's own.
 * @throws {UsageError} when it can be neither read nor made.
 */
export async function dashboardKey(
  { dashboardApiKey }: { readonly dashboardApiKey: string | undefined },
  folder: string,
): Promise<string> {
  if (dashboardApiKey !== undefined) return dashboardApiKey;
  const path = join(folder, "dashboard.key");
  try {
    for (let look = 0; look < LOOKS; look++) {
      const key = await readKey(path) ?? await makeKey(folder, path);
      if (key !== null) return key;
      await new Promise((done) => setTimeout(done, LOOK_AFTER_MS));
    }
  } catch (fault) {
    throw new UsageError(`cannot make the dashboard's key ${path}: ${reasonOf(fault)}`, 1);
  }
  throw new UsageError(`${path} holds no key: remove it, and a new one is made`, 1);
}

async function readKey(path: string): Promise<string | null> {
  try {
    const key = (await Deno.readTextFile(path)).trim();
    return key.length >= MIN_KEY_CHARS ? key : null;
  } catch (fault) {
    if (fault instanceof Deno.errors.NotFound) return null;
    throw fault;
  }
}

/** Null when somebody else has made the file meanwhile. */
async function makeKey(folder: string, path: string): Promise<string | null> {
  const key = crypto.getRandomValues(new Uint8Array(KEY_BYTES)).toHex();
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    await Deno.writeTextFile(path, `${key}\n`, { createNew: true, mode: 0o600 });
    return key;
  } catch (fault) {
    if (fault instanceof Deno.errors.AlreadyExists) return null;
    throw fault;
  }
}
