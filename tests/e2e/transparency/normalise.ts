/** What legitimately differs between two runs of one scenario, by name. */

/** A rule: in the JSON of a value, each match is replaced by its name. */
type Rule = readonly [name: string, pattern: RegExp];

const RULES: readonly Rule[] = [
  // A run's own folder, also in a file: URL.
  ["<folder>", /\/[^"\\\s:,]*agentgate-transparency-[a-z0-9]+\/(direct|gateway)/g],
  ["<uuid>", /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g],
  // The v1 SDK's InMemoryTaskStore: 16 random bytes.
  ["<task id>", /\b[0-9a-f]{32}\b/g],
  ["<instant>", /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g],
  // get_file_info of server-filesystem: Date.prototype.toString.
  ["<date>", /[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d{4} \d\d:\d\d:\d\d GMT[+-]\d{4} \([^)]*\)/g],
  // Dynamic resources of server-everything: Date.prototype.toLocaleTimeString.
  ["<time>", /\b\d{1,2}:\d\d:\d\d(\s[AP]M)?/g],
  // toggle-simulated-logging of server-everything picks a level by chance.
  ['"data":"<level> message"', /"level":"[a-z]+","data":"[A-Z][a-z]+[- ]level[- ]message"/g],
];

/** The same value with everything that {@link RULES} name replaced by its name. */
export function normalised(value: unknown): unknown {
  return JSON.parse(
    text(JSON.stringify(value, (key, member) => key === "blob" ? blob(member) : member)),
  );
}

function text(value: string): string {
  return RULES.reduce((left, [name, pattern]) => left.replaceAll(pattern, name), value);
}

/** A blob of server-everything is a text with a time in it. */
function blob(base64: unknown): unknown {
  if (typeof base64 !== "string") return base64; // a schema that speaks of blobs
  const decoded = new TextDecoder().decode(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)));
  return text(decoded) === decoded ? base64 : text(decoded);
}
