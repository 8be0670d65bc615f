/**
 * What was seen of the calls of one tool.
 *
 * @module
 */

import { pointerStep } from "../../policy/masked_places.ts";
import { Argument, type SeenCall, type Surroundings } from "./argument.ts";
import { inlineToml } from "./literal.ts";

/** A call that was learned from. */
export interface LearnedCall extends SeenCall {
  readonly session: string;
  /** RFC 3339, UTC. */
  readonly timestamp: string;
  readonly arguments: unknown;
  /** JSON pointers into the arguments: what nobody knows any more. */
  readonly masked: readonly string[];
}

/** Levels of members that are looked into, and arguments of one tool that are. */
const MAX_LEVELS = 4, MAX_ARGUMENTS = 256;

/** Sessions that are told apart. */
const MAX_SESSIONS = 100_000;

/** Characters of the arguments of a call that may be a test. */
const MAX_SAMPLE_CHARS = 2000;

/** One tool of one server. */
export class SeenTool {
  calls = 0;
  first = "";
  last = "";
  readonly ids: string[] = [];
  readonly #sessions = new Set<string>();
  readonly #arguments = new Map<string, Argument>();
  readonly #samples = new Map<string, unknown>();
  readonly #maxSamples: number;
  /** Whether a call had a secret in it. */
  hasSecrets = false;
  /** Whether a call had more arguments than are looked at. */
  hasMore = false;

  /** @param samples Calls that are kept to be tests. */
  constructor(
    readonly server: string,
    readonly name: string,
    readonly surroundings: Surroundings,
    samples: number,
  ) {
    this.#maxSamples = samples;
  }

  /** Number of sessions. */
  get sessions(): number {
    return this.#sessions.size;
  }

  /** Takes a call in. */
  add(call: LearnedCall): void {
    const { id, session, timestamp, masked } = call;
    this.calls++;
    if (this.first === "" || timestamp < this.first) this.first = timestamp;
    if (timestamp > this.last) this.last = timestamp;
    if (this.ids.length < 3) this.ids.push(id);
    if (this.#sessions.size < MAX_SESSIONS) this.#sessions.add(session);
    this.#addMembers(call.arguments, [], call);
    if (masked.length === 0) this.#keep(call.arguments ?? {});
  }

  #addMembers(value: unknown, path: readonly string[], call: LearnedCall): void {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return;
    for (const [key, member] of Object.entries(value)) {
      const at = [...path, key], argument = this.#argumentAt(at);
      if (argument === undefined) {
        this.hasMore = true;
        continue;
      }
      if (isMasked(member, pointerOf(at), call.masked)) {
        argument.addMasked(call);
        continue;
      }
      argument.add(member, call);
      if (at.length < MAX_LEVELS) this.#addMembers(member, at, call);
    }
  }

  #argumentAt(path: readonly string[]): Argument | undefined {
    const key = pointerOf(path);
    let argument = this.#arguments.get(key);
    if (argument === undefined && this.#arguments.size < MAX_ARGUMENTS) {
      this.#arguments.set(key, argument = new Argument(path, this.surroundings));
    }
    return argument;
  }

  #keep(args: unknown): void {
    if (this.#samples.size >= this.#maxSamples) return;
    const text = inlineToml(args);
    if (text !== undefined && text.length <= MAX_SAMPLE_CHARS && !this.#samples.has(text)) {
      this.#samples.set(text, args);
    }
  }

  /** The arguments of some calls, as they were made. */
  get samples(): readonly unknown[] {
    return [...this.#samples.values()];
  }

  /** The arguments, by name, but for the members of what was not always an object. */
  get arguments(): readonly Argument[] {
    return [...this.#arguments.values()]
      .filter(({ path }) =>
        path.every((_, n) =>
          n === 0 || this.#arguments.get(pointerOf(path.slice(0, n)))?.isObject === true
        )
      )
      .sort((a, b) => order(a.path.join("\0"), b.path.join("\0")));
  }

  /** Whether it has had an argument of that name. */
  has(name: string): boolean {
    return this.#arguments.has(pointerOf([name]));
  }
}

/** Whether a value is not known; of an object, members may be. */
function isMasked(value: unknown, pointer: string, masked: readonly string[]): boolean {
  const hasMembers = typeof value === "object" && value !== null && !Array.isArray(value);
  return masked.some((one) => one === pointer || !hasMembers && one.startsWith(`${pointer}/`));
}

/** By code units: the same everywhere. */
export function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function pointerOf(path: readonly string[]): string {
  return path.map(pointerStep).join("");
}
