/**
 * A recorded call as conditions see it. Reading what nobody knows any more is noted.
 *
 * @module
 */

import type { CallEnv } from "../../policy/env.ts";
import type { LocalTime } from "../../policy/local_time.ts";
import { EVERYWHERE } from "../../policy/masked_places.ts";
import { TOOLS_CALL } from "../../policy/methods.ts";
import { type Facts, isOld, type RecordedRow } from "./recorded_call.ts";

/** Characters at which the log cuts names. */
const NAME_CHARS = 256;

/** Called with a place that is read, and that nobody knows. */
export type Touch = (place: string) => void;

/** The facts of a recorded call. */
export class RecordedEnv implements CallEnv {
  readonly result = undefined;
  readonly method: string;
  readonly tool: string;
  readonly server: string;
  readonly sessionId: string;
  /** Gives the clocks of the policy that is being asked. */
  clock: { timeAt(epochMs: number): LocalTime } | undefined;
  readonly #row: RecordedRow;
  readonly #facts: Facts;
  readonly #touch: Touch;
  readonly #annotationsOf: (digest: string) => string | undefined;
  readonly #masked: ReadonlySet<string>;
  #parsed: { readonly value: unknown } | undefined;

  constructor(
    row: RecordedRow,
    facts: Facts,
    touch: Touch,
    annotationsOf: (digest: string) => string | undefined,
  ) {
    this.method = row.method ?? TOOLS_CALL;
    this.tool = this.method === TOOLS_CALL ? row.tool_name : "";
    this.server = row.server_name;
    this.sessionId = row.session_id ?? "";
    this.#row = row;
    this.#facts = facts;
    this.#touch = touch;
    this.#annotationsOf = annotationsOf;
    this.#masked = new Set(facts.masked);
  }

  /** Whether there may be something that a condition can ask for, and that nobody knows. */
  get isWhole(): boolean {
    return this.#masked.size === 0 && !this.#facts.truncated && !isOld(this.#row) &&
      this.#row.session_calls !== null && this.#row.session_id !== null;
  }

  /** Whether nobody knows which tool was called. */
  get isToolUnknown(): boolean {
    return this.#isMasked("#tool") || this.tool.length >= NAME_CHARS;
  }

  get arguments(): unknown {
    if (this.method === TOOLS_CALL) return this.#payload("arguments");
    const params = this.#payload("params");
    return typeof params === "object" && params !== null && "arguments" in params
      ? params.arguments
      : undefined;
  }

  get params(): unknown {
    if (this.method !== TOOLS_CALL) return this.#payload("params");
    this.#touch("params was not recorded");
    return { name: this.tool, arguments: this.#payload("arguments") };
  }

  get annotations(): unknown {
    const { annotations } = this.#facts;
    const json = annotations === undefined ? undefined : this.#annotationsOf(annotations);
    if (json === undefined) this.#touch("tool.annotations was not recorded");
    else if (this.#masked.has("#annotations")) this.#touch("tool.annotations was masked");
    return json === undefined || json === "" ? undefined : JSON.parse(json);
  }

  get agentName(): string | null {
    return this.#name(this.#row.agent_id, "agent.name");
  }

  get agentVersion(): string | null {
    return this.#name(this.#row.agent_version, "agent.version");
  }

  get sessionCalls(): number {
    const { session_calls: calls } = this.#row;
    if (calls === null) this.#touch("session.calls was not recorded");
    return calls ?? 0;
  }

  get time(): LocalTime {
    return this.clock!.timeAt(Date.parse(this.#row.timestamp));
  }

  #isMasked(place: string): boolean {
    return this.#masked.has(EVERYWHERE) || this.#masked.has(place);
  }

  #name(name: string | null, place: string): string | null {
    if (this.#isMasked("#agent")) this.#touch(`${place} was masked`);
    else if ((name?.length ?? 0) >= NAME_CHARS) this.#touch(`${place} was truncated`);
    return name;
  }

  /** @param root What conditions call it. */
  #payload(root: string): unknown {
    if (this.#isMasked("") || this.#masked.has(EVERYWHERE)) this.#touch(`${root} was masked`);
    const { arguments: text } = this.#row;
    if (this.#facts.truncated || isOld(this.#row) && text?.startsWith('{"_truncated":true')) {
      this.#touch(`${root} was truncated`);
    }
    this.#parsed ??= { value: this.#parse(text, root) };
    return this.#parsed.value;
  }

  #parse(text: string | null, root: string): unknown {
    if (text === null) return undefined;
    try {
      const value: unknown = JSON.parse(text);
      for (const pointer of this.#masked) {
        if (pointer.startsWith("/")) this.#veil(value, pointer, root);
      }
      return value;
    } catch {
      this.#touch(`${root} cannot be read`);
      return undefined;
    }
  }

  /** Has whoever reads the place at a pointer noted. */
  #veil(value: unknown, pointer: string, root: string): void {
    const keys = pointer.slice(1).split("/").map((step) =>
      step.replaceAll("~1", "/").replaceAll("~0", "~")
    );
    const last = keys.pop()!;
    const holder = keys.reduce<unknown>(
      (inner, key) => isObject(inner) ? inner[key] : undefined,
      value,
    );
    if (!isObject(holder) || !Object.hasOwn(holder, last)) return;
    const seen = holder[last], place = `${[root, ...keys, last].join(".")} was masked`;
    Object.defineProperty(holder, last, {
      enumerable: true,
      configurable: true,
      get: () => {
        this.#touch(place);
        return seen;
      },
    });
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
