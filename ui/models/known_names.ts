/**
 * Names that calls of the last weeks have, for the completion of a filter.
 *
 * @module
 */

/** What calls are counted by. */
const NAMED = ["tool", "server", "agent", "host", "gateway"] as const;

/** Asks the API for what a path stands for. */
export type Get = <T>(path: string) => Promise<T>;

/** Names by the word of the filter that they stand behind; none for what cannot be had. */
export async function knownNames(get: Get): Promise<Record<string, readonly string[]>> {
  const names = async (by: string) => {
    const rows = await get<Record<string, string | null>[]>(`/api/tools?span=30d&by=${by}`);
    return [by, rows.map((row) => row[`${by}_name`] ?? row[`${by}_id`] ?? row[by]).filter(Boolean)];
  };
  const rules = get<{ rule: string }[]>("/api/violations?span=30d");
  const named = await Promise.all(NAMED.map(names)).catch(() => []);
  const rule = (await rules.catch(() => [])).map(({ rule }) => rule);
  return { tool: [], ...Object.fromEntries(named), rule };
}
