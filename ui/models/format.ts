/**
 * Numbers and times as words.
 *
 * @module
 */

const WHOLE = new Intl.NumberFormat("en");

/** `1,503`. */
export function count(value: number): string {
  return WHOLE.format(value);
}

/** `3.6 %`; `–` of nothing. */
export function share(part: number, whole: number): string {
  if (whole === 0) return "–";
  const percent = 100 * part / whole;
  if (percent > 0 && percent < 0.1) return "< 0.1 %";
  return `${percent === 0 || percent >= 99.95 ? percent.toFixed(0) : percent.toFixed(1)} %`;
}

/** Microseconds as `640 µs`, `7.1 ms`, `430 ms`, `2.4 s`, `3 min`; `–` for none. */
export function took(us: number | null): string {
  if (us === null) return "–";
  if (us < 1000) return `${Math.round(us)} µs`;
  if (us < 9950) return `${(us / 1000).toFixed(1)} ms`;
  if (us < 999_500) return `${Math.round(us / 1000)} ms`;
  if (us < 99_950_000) return `${(us / 1e6).toFixed(1)} s`;
  return lasted(us / 1000);
}

/** Milliseconds of a statistic, as {@link took}. */
export function tookMs(ms: number | null): string {
  return took(ms === null ? null : ms * 1000);
}

/** Milliseconds as `12 s`, `4 min`, `3 h`, `2 d`. */
export function lasted(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 100) return `${s} s`;
  if (s < 5400) return `${Math.round(s / 60)} min`;
  return s < 129_600 ? `${Math.round(s / 3600)} h` : `${Math.round(s / 86_400)} d`;
}

/** `2 min ago`, `now`. */
export function ago(timestamp: string, nowMs: number): string {
  const ms = nowMs - Date.parse(timestamp);
  return ms < 1500 ? "now" : `${lasted(ms)} ago`;
}

/** Local time of day: `14:53:12.149`. */
export function clock(timestamp: string): string {
  const at = new Date(timestamp);
  const two = (value: number) => value < 10 ? `0${value}` : `${value}`;
  const ms = `${at.getMilliseconds()}`.padStart(3, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${ms}`;
}

const DAY = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });

/** Local time, with the day unless it is today: `24 Nov 14:53:12`. */
export function dayAndClock(timestamp: string, nowMs: number): string {
  const at = new Date(timestamp), time = clock(timestamp).slice(0, 8);
  return at.toDateString() === new Date(nowMs).toDateString() ? time : `${DAY.format(at)} ${time}`;
}

/** A change against what was before: `+12 %`, `−4 %`, `new`; null when there is nothing to say. */
export function change(now: number | null, before: number | null): string | null {
  if (now === null || before === null || now === before) return null;
  if (before === 0) return "new";
  const percent = Math.round(100 * (now - before) / before);
  if (percent === 0) return null;
  if (percent > 999) return `×${count(Math.round(now / before))}`;
  return `${percent > 0 ? "+" : "−"}${Math.abs(percent)} %`;
}

/** A reason as a sentence: with a full stop, which some bring. */
export function sentence(reason: string): string {
  return reason.endsWith(".") ? reason : `${reason}.`;
}
