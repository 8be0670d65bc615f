/**
 * Findings of checks.
 *
 * @module
 */

/** One line of the report. */
export interface Finding {
  /** A note does not make the run fail. */
  readonly state: "ok" | "note" | "wrong";
  readonly text: string;
}

/** All is well. */
export const ok = (text: string): Finding => ({ state: "ok", text });

/** Worth knowing. */
export const note = (text: string): Finding => ({ state: "note", text });

/** Has to be mended. */
export const wrong = (text: string): Finding => ({ state: "wrong", text });
