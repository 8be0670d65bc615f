/**
 * Names that conditions can ask for about a call, and the types they are checked against.
 *
 * @module
 */

import type { Root } from "../expr/roots.ts";
import type { LocalTime } from "./local_time.ts";

/** The facts of a call. Getters are read only when a condition asks. */
export interface CallEnv {
  /** Parsed; undefined when the call has none. */
  readonly arguments: unknown;
  /** Answer of the server, parsed; undefined before there is one. For rules that redact. */
  readonly result: unknown;
  readonly method: string;
  /** Parsed parameters of the request; for rules of methods. */
  readonly params: unknown;
  /** Empty for a request that calls no tool. */
  readonly tool: string;
  /** As last listed by the server; undefined when it was not. */
  readonly annotations: unknown;
  readonly server: string;
  readonly agentName: string | null;
  readonly agentVersion: string | null;
  readonly sessionId: string;
  /** Calls of this session before this one. */
  readonly sessionCalls: number;
  readonly time: LocalTime;
}

/** The names that conditions may use. A null is missing: its comparison is false. */
export const ROOTS: readonly Root<CallEnv>[] = Object.freeze([
  { path: ["arguments"], type: "json", read: (env) => env.arguments },
  {
    path: ["result"],
    type: "json",
    read: (env) => env.result,
    refusal: "only a redact rule can ask for the result: others decide before there is one",
  },
  { path: ["tool", "name"], type: "string", read: (env) => env.tool || undefined },
  { path: ["tool", "annotations"], type: "json", read: (env) => env.annotations },
  { path: ["server", "name"], type: "string", read: (env) => env.server },
  { path: ["agent", "name"], type: "string", read: (env) => env.agentName ?? undefined },
  { path: ["agent", "version"], type: "string", read: (env) => env.agentVersion ?? undefined },
  { path: ["session", "id"], type: "string", read: (env) => env.sessionId },
  { path: ["session", "calls"], type: "number", read: (env) => env.sessionCalls },
  { path: ["time", "hour"], type: "number", read: (env) => env.time.hour },
  { path: ["time", "minute"], type: "number", read: (env) => env.time.minute },
  { path: ["time", "weekday"], type: "number", read: (env) => env.time.weekday },
  { path: ["time", "date"], type: "string", read: (env) => env.time.date },
]);

/** The names that rules of methods may use: these have no result either. */
export const METHOD_ROOTS: readonly Root<CallEnv>[] = Object.freeze([
  ...ROOTS,
  { path: ["method"], type: "string", read: (env) => env.method },
  { path: ["params"], type: "json", read: (env) => env.params },
]);

/** The same for rules that redact, which see results, too. */
export const REDACTING_ROOTS: readonly Root<CallEnv>[] = Object.freeze(
  ROOTS.map(({ path, type, read }) => ({ path, type, read })),
);
