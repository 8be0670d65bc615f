/**
 * What a replay has found, as lines for a person and as files for programs.
 *
 * @module
 */

import { type ReplayedCall, wordOf } from "../../simulate/replay/replay.ts";
import { visible } from "../../visible.ts";
import type { Zone } from "../logs/zone.ts";
import { type Case, junitText } from "./junit.ts";

/** Calls that reports in files list; the others are counted. */
export const MAX_LISTED = 10_000;

/** Characters of a call's arguments in a line. */
const ARGUMENT_CHARS = 120;

/** What a call is listed as. */
export type Kind = "looser" | "tighter" | "other" | "shadow" | "inexact";

/** A call as reports list it. */
export interface Listed {
  readonly kind: Kind;
  readonly id: string;
  readonly timestamp: string;
  readonly tool: string;
  readonly server: string;
  readonly before: string;
  readonly after: string;
  readonly exact: boolean;
  /** What nobody knows. */
  readonly unknown: readonly string[];
  /** Whether an entry of `--expect` names it. */
  readonly expected: boolean;
}

/** Sums and lists of a replay. */
export class ReplayReport {
  calls = 0;
  readonly sums: Record<"same" | "looser" | "tighter" | "other", number> = {
    same: 0,
    looser: 0,
    tighter: 0,
    other: 0,
  };
  shadow = 0;
  inexact = 0;
  /** Looser calls that nobody expects. */
  unexpected = 0;
  /** Reasons for which no policy was asked, and of how many calls. */
  readonly notAsked = new Map<string, number>();
  readonly listed: Listed[] = [];

  /** Counts a call that no policy was asked about. */
  skip(reason: string): void {
    this.notAsked.set(reason, (this.notAsked.get(reason) ?? 0) + 1);
  }

  /** Counts a call, and lists it where it differs. */
  add(call: ReplayedCall, isExpected: () => boolean): readonly Listed[] {
    this.calls++;
    this.sums[call.difference]++;
    if (!call.isExact) this.inexact++;
    const found: Listed[] = [];
    if (call.difference !== "same") {
      const expected = isExpected();
      if (call.difference === "looser" && !expected) this.unexpected++;
      found.push(listed(call, call.difference, wordOf(call.before), wordOf(call.after), expected));
    }
    if (call.shadow !== null) {
      this.shadow++;
      const { before, after } = call.shadow;
      found.push(listed(call, "shadow", hitsText(before), hitsText(after), false));
    }
    for (const one of found) if (this.listed.length < MAX_LISTED) this.listed.push(one);
    return found;
  }

  /** The line that ends a report. */
  summary(): string {
    const { same, looser, tighter, other } = this.sums;
    const skipped = [...this.notAsked.values()].reduce((sum, n) => sum + n, 0);
    const reasons = skipped === 0 ? "" : ` (${[...this.notAsked.keys()].map(visible).join(", ")})`;
    return `${number(this.calls)} ${this.calls === 1 ? "call" : "calls"}: ` +
      `${number(same)} as before, ${number(looser)} looser, ${number(tighter)} tighter, ` +
      `${number(other)} other rule${
        this.shadow > 0 ? `, ${number(this.shadow)} in shadow` : ""
      }; ` +
      `${number(this.inexact)} inexact; ${number(skipped)} not asked${reasons}\n`;
  }

  /**
   * JSON for programs. Fields may be added; none will change.
   *
   * @param unmet Entries of `--expect` that nothing has met.
   */
  json(unmet: readonly string[]): string {
    const { same, looser, tighter, other } = this.sums;
    return `${
      JSON.stringify(
        {
          calls: this.calls,
          as_before: same,
          ...{ looser, tighter },
          other_rule: other,
          shadow: this.shadow,
          inexact: this.inexact,
          not_asked: Object.fromEntries(this.notAsked),
          unexpected: this.unexpected,
          unmet_expectations: unmet,
          changes: this.listed,
        },
        null,
        2,
      )
    }\n`;
  }

  /** JUnit's XML: a test for each difference, and one for all else. */
  junit(unmet: readonly string[], isFailure: (one: Listed) => boolean): string {
    const cases = this.listed.map((one): Case => ({
      name: `${one.timestamp} ${one.tool}: ${one.before} → ${one.after}`,
      classname: one.id,
      timeMs: 0,
      fault: isFailure(one) ? { kind: "failure", text: failureText(one) } : null,
    }));
    const rest = this.calls - this.listed.length;
    cases.push({
      name: `${number(rest)} calls as before`,
      classname: "all",
      timeMs: 0,
      fault: null,
    });
    for (const text of unmet) {
      const fault = { kind: "failure", text: "nothing meets this expectation" } as const;
      cases.push({ name: text, classname: "expect", timeMs: 0, fault });
    }
    return junitText("agentgate policy replay", [{ name: "replay", cases }]);
  }
}

function listed(
  { row, isExact, unknown }: ReplayedCall,
  kind: Kind,
  before: string,
  after: string,
  expected: boolean,
): Listed {
  const { id, tool_name: tool, server_name: server } = row;
  const timestamp = row.timestamp.replace(/\+00:00$/, "Z");
  return { kind, id, timestamp, tool, server, before, after, exact: isExact, unknown, expected };
}

function failureText({ kind, before, after, exact, unknown }: Listed): string {
  return `${kind}: ${before} → ${after}${exact ? "" : ` (inexact: ${unknown.join("; ")})`}`;
}

function hitsText(hits: readonly string[]): string {
  return hits.length === 0 ? "none" : hits.join(",");
}

/** Lines with columns that get wider as they have to: nobody knows what is still to come. */
export class ReplayLines {
  readonly #zone: Zone;
  #tool = 6;
  #change = 0;

  constructor(zone: Zone) {
    this.#zone = zone;
  }

  /** @param args JSON text of the call's arguments. */
  line(one: Listed, args: string | null): string {
    const { kind, timestamp, tool, before, after, exact, unknown, id } = one;
    const change = kind === "inexact" ? before : `${before} → ${after}`;
    const shown = [visible(tool), visible(change)];
    this.#tool = Math.min(24, Math.max(this.#tool, shown[0]!.length));
    this.#change = Math.min(64, Math.max(this.#change, shown[1]!.length));
    const end = exact ? shortened(args ?? "") : `inexact: ${unknown.join("; ")}`;
    return [
      kind.toUpperCase().padEnd(7),
      ` ${this.#zone.show(timestamp)} `,
      ` ${shown[0]!.padEnd(this.#tool)} `,
      ` ${shown[1]!.padEnd(this.#change)} `,
      ` ${id} `,
      ` ${visible(end)}`,
    ].join("").trimEnd() + "\n";
  }
}

function shortened(text: string): string {
  return text.length <= ARGUMENT_CHARS
    ? text
    : `${text.slice(0, ARGUMENT_CHARS - 1).toWellFormed()}…`;
}

const number = (n: number): string => n.toLocaleString("en-US");
