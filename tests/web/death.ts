/** How a test tells a thread that it has to die: by a file beside the log. */

/** Tells it. */
export function kill(dbPath: string): void {
  Deno.writeTextFileSync(`${dbPath}.death`, "");
}

/** Whether it was told; true once. */
export function hasToDie(dbPath: string): boolean {
  try {
    Deno.removeSync(`${dbPath}.death`);
    return true;
  } catch {
    return false;
  }
}
