/**
 * The API's own description (OpenAPI 3.1).
 *
 * @module
 */

import manifest from "../../deno.json" with { type: "json" };
import { STATUS_WORDS } from "../audit/reader.ts";
import { FILTER_WORDS, PAGE_WORDS } from "./invocation_pages.ts";
import { GROUPINGS } from "./stats_queries.ts";

/** A parameter of a query: its name, and what may stand there. */
type Words = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const TEXT = { type: "string", maxLength: 1000 };
const SPAN = {
  type: "string",
  pattern: "^(|all|[1-9][0-9]{0,2}[mh]|([1-9][0-9]?|[12][0-9]{2}|3[0-5][0-9]|36[0-6])d)$",
  examples: ["24h"],
};
const STATUS = { type: "string", enum: [...STATUS_WORDS] };
/** A point in time: so long ago, or a date. */
const TIME = {
  type: "string",
  pattern: "^([0-9]{1,3}(s|m|h|d)|20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8]))$",
  examples: ["2h", "2026-04-03"],
};
const TOOK = {
  type: "string",
  pattern: "^([<>]=?)?[0-9]{1,9}(ms|s|m|h|d)?$",
  examples: [">200ms"],
};
const BY = { type: "string", enum: GROUPINGS };
const COUNT = { type: "integer", minimum: 1, maximum: 500 };
const SECONDS = { type: "integer", minimum: 0, maximum: 253_402_300_799 };
const FILE = { type: "integer", minimum: 0 };

const PAGE: Words = {
  ...Object.fromEntries([...FILTER_WORDS, ...PAGE_WORDS].map((name) => [name, TEXT])),
  ...{ status: STATUS, outcome: STATUS, since: TIME, until: TIME, took: TOOK },
  limit: COUNT,
  offset: { type: "integer", minimum: 0 },
  within: { type: "integer", minimum: 1 },
  format: { type: "string", enum: ["json", "csv", "jsonl"] },
  view: { type: "string", enum: ["calls", "rows"] },
};

/** A span up to now, or from and to a moment. */
const WINDOW: Words = { span: SPAN, from: SECONDS, to: SECONDS };

/** An operation: what it says of itself, its parameters, and the statuses of its answers. */
interface Operation {
  readonly summary: string;
  readonly words?: Words;
  /** Those of them that may not be left out. */
  readonly needs?: readonly string[];
  readonly statuses: readonly number[];
  readonly body?: "text/plain";
  /** Types of a good answer; JSON alone when absent. */
  readonly types?: readonly string[];
  readonly isOpen?: boolean;
}

const JSON_TYPE = "application/json";
const READ = [200, 400, 503] as const;
const POLICY = [200, 400, 404, 413, 503] as const;

/** Every path, by method. */
const PATHS: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  "/api/invocations": {
    get: {
      summary: "Recorded calls, newest first. The header x-agentgate-next goes on as ?cursor=.",
      words: PAGE,
      statuses: READ,
      types: [JSON_TYPE, "text/csv", "application/x-ndjson"],
    },
  },
  "/api/invocations/{id}": {
    get: { summary: "One call, and why it was decided so", statuses: [200, 404, 503] },
  },
  "/api/overview": { get: { summary: "Totals of a span", words: { span: SPAN }, statuses: READ } },
  "/api/stats/overview": {
    get: { summary: "As /api/overview", words: { span: SPAN }, statuses: READ },
  },
  "/api/tools": {
    get: {
      summary: "Calls, errors and latency by tool, server, agent, host or gateway",
      words: {
        ...WINDOW,
        by: BY,
        format: { type: "string", enum: ["json", "csv"] },
      },
      statuses: READ,
      types: [JSON_TYPE, "text/csv"],
    },
  },
  "/api/stats/tools": { get: { summary: "As /api/tools", words: WINDOW, statuses: READ } },
  "/api/stats/agents": { get: { summary: "Always empty", statuses: [200] } },
  "/api/violations": {
    get: { summary: "Refused calls by rule", words: WINDOW, statuses: READ },
  },
  "/api/shadow": {
    get: { summary: "What shadow rules would have done", words: WINDOW, statuses: READ },
  },
  "/api/tool-costs": {
    get: {
      summary: "What each server's list of tools costs a session, and which are called",
      words: WINDOW,
      statuses: READ,
    },
  },
  "/api/history": {
    get: {
      summary: "Calls and latency of one tool, server, agent, host or gateway over time",
      words: {
        ...WINDOW,
        by: BY,
        name: { ...TEXT, minLength: 1 },
      },
      needs: ["name"],
      statuses: READ,
    },
  },
  "/api/sessions": {
    get: {
      summary: "Sessions, the latest first",
      words: { ...WINDOW, limit: COUNT, offset: { type: "integer", minimum: 0 } },
      statuses: READ,
    },
  },
  "/api/window": {
    get: {
      summary: "Sums, lines and refusals of a span, and the sums of the one before it",
      words: WINDOW,
      statuses: READ,
    },
  },
  "/api/log": {
    get: {
      summary: "Files with records that could not be written, and how far the log was shipped",
      statuses: [200, 503],
    },
  },
  "/api/gateways": {
    get: {
      summary: "Gateways that run on this machine; of a fleet, its machines",
      statuses: [200, 503],
    },
  },
  "/api/policies": {
    get: {
      summary: "The policy's text; its ETag is for If-Match",
      words: { file: FILE },
      statuses: POLICY,
      types: ["text/plain"],
    },
    put: {
      summary: "Replaces the policy, when it loads",
      words: { file: FILE },
      statuses: [...POLICY, 412],
      body: "text/plain",
    },
  },
  "/api/policies/previous": {
    get: {
      summary: "What the policy was before it was last replaced here",
      words: { file: FILE },
      statuses: [...POLICY, 204],
      types: ["text/plain"],
    },
  },
  "/api/config": {
    get: {
      summary: "The configuration in force, and where each value comes from",
      statuses: [200],
    },
  },
  "/api/policies/files": { get: { summary: "Paths of the policy's files", statuses: [200, 404] } },
  "/api/policies/learned": {
    get: {
      summary: "A policy that allows what the newest calls did, as a proposal: nothing is in force",
      words: { server: TEXT, since: TIME, min_calls: { type: "integer", minimum: 1 } },
      statuses: READ,
      types: ["text/plain"],
    },
  },
  "/api/policies/check": {
    post: {
      summary: "What is wrong with a policy, and its tests",
      words: { file: FILE },
      statuses: POLICY,
      body: "text/plain",
    },
  },
  "/api/policies/dry-run": {
    post: {
      summary: "What a policy would change of the last calls",
      words: { file: FILE, calls: { type: "integer", minimum: 1 } },
      statuses: POLICY,
      body: "text/plain",
    },
  },
  "/api/ws/ticket": {
    post: { summary: "A ticket that lets one WebSocket in, once", statuses: [200] },
  },
  "/api/openapi.json": { get: { summary: "This document", statuses: [200] } },
  "/metrics": {
    get: {
      summary: "Metrics of the whole log, for Prometheus",
      statuses: [200, 503],
      types: ["text/plain"],
    },
  },
  "/health": {
    get: { summary: "Whether it serves", statuses: [200], types: ["text/plain"], isOpen: true },
  },
};

const REASONS: Readonly<Record<number, string>> = {
  200: "The answer",
  204: "There is none",
  400: "The request means nothing; the reason is in `error`",
  401: "The key is missing or wrong",
  403: "The Host or Origin is not this machine's",
  404: "There is no such thing",
  412: "The file has changed; its text is in `current`",
  413: "The text is too long",
  429: "Too many wrong keys",
  503: "The log or the policy cannot be read now; the reason is in `error`",
};

/** Builds the document. */
export function openApi(): Record<string, unknown> {
  return {
    openapi: "3.1.0",
    info: { title: "AgentGate", version: manifest.version },
    security: [{ key: [] }],
    components: { securitySchemes: { key: { type: "http", scheme: "bearer" } } },
    paths: Object.fromEntries(
      Object.entries(PATHS).map(([path, methods]) => [
        path,
        Object.fromEntries(
          Object.entries(methods).map((
            [method, operation],
          ) => [method, operationOf(path, operation)]),
        ),
      ]),
    ),
  };
}

function operationOf(path: string, operation: Operation): Record<string, unknown> {
  const { summary, words = {}, needs = [], statuses, body, types = [JSON_TYPE], isOpen } =
    operation;
  const parameters = Object.entries(words).map(([name, schema]) => ({
    ...{ name, in: "query", schema },
    ...needs.includes(name) ? { required: true } : {},
  }));
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    ...{ name, in: "path", required: true, schema: { type: "string", minLength: 1 } },
  }));
  const all = [...statuses, 403, ...isOpen ? [] : [401, 429]];
  return {
    summary,
    parameters: [...inPath, ...parameters],
    ...body === undefined ? {} : {
      requestBody: { required: true, content: { [body]: { schema: { type: "string" } } } },
    },
    ...isOpen ? { security: [] } : {},
    responses: Object.fromEntries(all.map((status) => [status, {
      description: REASONS[status],
      ...status === 204 ? {} : {
        content: Object.fromEntries(
          (status === 200 ? types : [JSON_TYPE]).map((type) => [type, { schema: {} }]),
        ),
      },
    }])),
  };
}

/** Paths as patterns, with the methods of each. */
const METHODS: readonly { readonly path: RegExp; readonly methods: readonly string[] }[] = Object
  .entries(PATHS).map(([path, methods]) => ({
    path: new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`),
    methods: Object.keys(methods).flatMap((method) =>
      method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()]
    ),
  }));

/** The methods of a path; none for one that does not exist. */
export function methodsOf(path: string): readonly string[] {
  return METHODS.find((known) => known.path.test(path))?.methods ?? [];
}
