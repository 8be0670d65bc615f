/**
 * A point in time as the clocks of a place show it.
 *
 * @module
 */

/** Parts of the time that conditions can ask for. */
export interface LocalTime {
  /** 0 to 23. */
  readonly hour: number;
  readonly minute: number;
  /** 1 is Monday, 7 Sunday (ISO 8601). */
  readonly weekday: number;
  /** `2026-04-03`. */
  readonly date: string;
}

const MINUTE_MS = 60_000;

/** RFC 3339, seconds optional. */
export const INSTANT =
  /^(\d{4}-\d\d-\d\d)[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:\d\d)$/;

/**
 * Milliseconds since the epoch of a text such as `2026-04-03T09:01:12Z`; undefined when it is not
 * one. The offset must be there: whose clock is meant would be a guess.
 */
export function parseInstant(text: string): number | undefined {
  const day = INSTANT.exec(text)?.[1];
  // `Date` takes 30 February for 2 March; asked for the day back, it gives itself away.
  if (day === undefined || !new Date(`${day}T00:00Z`).toJSON()?.startsWith(day)) return undefined;
  const instant = Date.parse(text.toUpperCase().replace(" ", "T"));
  return Number.isNaN(instant) ? undefined : instant;
}

/** Reads the clocks of one time zone. */
export class Clock {
  readonly #format: Intl.DateTimeFormat | null;
  #minute = NaN;
  #time: LocalTime | undefined;

  /**
   * @param timezone IANA name.
   * @throws {RangeError} when there is no such zone.
   */
  constructor(timezone: string) {
    this.#format = timezone === "UTC" ? null : new Intl.DateTimeFormat("en-CA", {
      timeZone: timezone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
    });
  }

  /** @param epochMs Milliseconds since the epoch. */
  at(epochMs: number): LocalTime {
    const minute = Math.floor(epochMs / MINUTE_MS);
    if (minute !== this.#minute || this.#time === undefined) {
      this.#minute = minute;
      this.#time = this.#read(new Date(epochMs));
    }
    return this.#time;
  }

  #read(instant: Date): LocalTime {
    let date = instant.toISOString().slice(0, 10);
    let hour = instant.getUTCHours(), minute = instant.getUTCMinutes();
    if (this.#format !== null) {
      const parts = new Map(this.#format.formatToParts(instant).map((p) => [p.type, p.value]));
      date = `${parts.get("year")!.padStart(4, "0")}-${parts.get("month")}-${parts.get("day")}`;
      hour = Number(parts.get("hour"));
      minute = Number(parts.get("minute"));
    }
    return { hour, minute, weekday: new Date(`${date}T00:00:00Z`).getUTCDay() || 7, date };
  }
}
