/**
 * The two time zones that times are shown and understood in: the machine's, and UTC.
 *
 * @module
 */

/** A time zone. */
export interface Zone {
  /** `UTC`, or `local` for another. */
  readonly name: "UTC" | "local";
  /** Shows a time, given as ISO 8601, to the second: `2026-04-03 09:01:12`. */
  show(timestamp: string): string;
  /** What a date and time of this zone ends with, for `Date` to read it. */
  readonly suffix: "Z" | "";
}

/** Coordinated Universal Time. */
export const UTC: Zone = Object.freeze({
  name: "UTC",
  show: (timestamp: string) => timestamp.slice(0, 19).replace("T", " "),
  suffix: "Z",
});

/** The machine's own time zone, which may be UTC. */
export function localZone(): Zone {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  if (/^(Etc\/)?(UTC|UCT|GMT|Zulu|Universal|Greenwich)$/.test(timeZone)) return UTC;
  return {
    name: "local",
    suffix: "",
    show: (timestamp) => {
      const date = new Date(timestamp), two = (n: number) => String(n).padStart(2, "0");
      if (Number.isNaN(date.getTime())) return UTC.show(timestamp);
      const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
      return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":")}`;
    },
  };
}
