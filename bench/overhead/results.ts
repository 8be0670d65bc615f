/**
 * What all runs came to, as it is kept.
 *
 * @module
 */

import type { Contestant } from "./contestants.ts";
import { type Figures, medians, ratio } from "./figures.ts";
import type { Machine } from "./machine.ts";
import type { Payload, Plan } from "./payloads.ts";
import { RunError } from "./run.ts";

/** What is known before the first run. */
export interface Circumstances {
  readonly agentgate: string;
  readonly date: string;
  /** As it was typed, without paths. */
  readonly command: string;
  readonly machine: Machine;
  readonly pinned: string;
  /** What the server is written in. */
  readonly server: string;
  /** Whom the others are compared with. */
  readonly base: string;
  /** What has to be known beside all this. */
  readonly notes: readonly string[];
  readonly rounds: number;
  readonly plan: Plan;
}

/** What one contestant did with one payload. */
export type Result =
  & { readonly contestant: string; readonly payload: string }
  & (
    | {
      readonly medians: Figures;
      /** Of p50, to that of {@link Circumstances.base} in the same round; null if that failed. */
      readonly ratio: number | null;
      readonly rounds: readonly Figures[];
    }
    | { readonly failure: string; readonly lastWords: readonly string[] }
  );

/** Collects the figures of runs. */
export class Collector {
  readonly #runs = new Map<string, Figures[] | RunError>();

  add(contestant: Contestant, payload: Payload, outcome: Figures | RunError): void {
    const key = keyOf(contestant, payload), known = this.#runs.get(key);
    if (outcome instanceof RunError) this.#runs.set(key, outcome);
    else if (Array.isArray(known)) known.push(outcome);
    else this.#runs.set(key, [outcome]);
  }

  /** Whether this failed before: it would again, and take its time. */
  failed(contestant: Contestant, payload: Payload): boolean {
    return this.#runs.get(keyOf(contestant, payload)) instanceof RunError;
  }

  /** @param base Whom the others are compared with. */
  results(
    contestants: readonly Contestant[],
    payloads: readonly Payload[],
    base: Contestant,
  ): Result[] {
    return payloads.flatMap((payload) => {
      const other = this.#runs.get(keyOf(base, payload));
      return contestants.map((contestant): Result => {
        const about = { contestant: contestant.name, payload: payload.name };
        const runs = this.#runs.get(keyOf(contestant, payload));
        if (!Array.isArray(runs)) {
          const { message, lastWords } = runs ?? new RunError("not run");
          return {
            ...about,
            failure: withoutPaths(message),
            lastWords: lastWords.map(withoutPaths),
          };
        }
        const compared = Array.isArray(other) ? ratio(runs, other) : null;
        return { ...about, medians: medians(runs), ratio: compared, rounds: runs };
      });
    });
  }
}

/** The text with the last word of each path in it: where files lie is nobody's business. */
export function withoutPaths(text: string): string {
  return text.replaceAll(/(?<![\w.:/@-])(?:file:\/\/|~)?(?:\/[\w.@+-]+)*\/(?=[\w.@+-])/g, "");
}

function keyOf(contestant: Contestant, payload: Payload): string {
  return `${contestant.name}\n${payload.name}`;
}
