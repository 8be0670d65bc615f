/**
 * `/api/invocations`: the recorded calls, and one of them.
 *
 * @module
 */

import { Hono } from "@hono/hono";
import { CSV_HEAD, csvLine } from "../../audit/csv.ts";
import { toJsonLine } from "../../audit/invocation.ts";
import type { Explainer } from "../explainer.ts";
import {
  type Cursor,
  cursorText,
  FILTER_WORDS,
  InvocationPages,
  PAGE_WORDS,
  readCursor,
  readFilter,
  readPage,
} from "../invocation_pages.ts";
import { shortOf } from "../feed_frames.ts";
import { type LogRow, type LogSource, toLogRow } from "../log_source.ts";
import { hostAsked } from "../lead.ts";
import { knownHours } from "../known_hours.ts";
import type { StatsKeeper } from "../stats_keeper.ts";
import { isPolicyHit, POLICY_HITS } from "../../session/hits.ts";
import { QueryWords } from "../query_words.ts";

const encoder = new TextEncoder();

/** What an export looks like. */
const EXPORTS = Object.freeze({
  csv: { type: "text/csv; charset=utf-8", head: CSV_HEAD, line: ({ row }: LogRow) => csvLine(row) },
  jsonl: {
    type: "application/x-ndjson",
    head: "",
    line: ({ row }: LogRow) => `${toJsonLine(row)}\n`,
  },
});

/** The routes. */
export function invocationRoutes(log: LogSource, stats: StatsKeeper, explainer: Explainer): Hono {
  const routes = new Hono();
  routes.get("/", async (c) => {
    const words = new QueryWords(c.req.query(), [...FILTER_WORDS, ...PAGE_WORDS]);
    const filter = readFilter(words, Date.now()), from = readCursor(words.text("cursor"));
    const format = words.oneOf("format", ["json", "csv", "jsonl"], "json");
    const view = words.oneOf("view", ["calls", "rows"], "calls");
    const { limit, offset, withinMs } = readPage(words);
    const hours = knownHours(words, log, stats), host = hostAsked(words, log, stats);
    const pages = new InvocationPages(log, filter, from, hours, host);
    if (format !== "json") {
      const rows = words.text("limit") === undefined ? Infinity : limit;
      const { type, head, line } = EXPORTS[format];
      return c.body(streamOf(pages, rows, head, line), 200, {
        "content-type": type,
        "content-disposition": `attachment; filename="invocations.${format}"`,
      });
    }
    const { rows, next } = await pages.page(limit, offset, withinMs);
    noteNext(c.header.bind(c), next);
    if (view === "rows") return c.json(rows.map(shortOf));
    const json = `[${rows.map(({ row }) => toJsonLine(row)).join(",")}]`;
    return c.body(json, 200, { "content-type": "application/json" });
  });
  routes.get("/:id", async (c) => {
    const found = log.read(({ db, columns }) =>
      db.prepare(`SELECT ${columns} FROM tool_invocations WHERE id = ?`).get(c.req.param("id"))
    );
    if (found === undefined) return c.json({ error: "not found" }, 404);
    const { row, host } = toLogRow(found);
    const explanation = JSON.stringify(await explainer.explain(row));
    const hit = row.policy_hit !== null && isPolicyHit(row.policy_hit)
      ? POLICY_HITS[row.policy_hit]
      : null;
    const json = `${toJsonLine(row).slice(0, -1)},"host":${
      JSON.stringify(host)
    },"explanation":${explanation},"hit":${JSON.stringify(hit)}}`;
    return c.body(json, 200, { "content-type": "application/json" });
  });
  return routes;
}

/** Tells where to go on; an answer without it is the last. */
function noteNext(header: (name: string, value: string) => void, next: Cursor | null): void {
  if (next !== null) header("x-agentgate-next", cursorText(next));
}

/** The rows as they are found; a reader who leaves ends the search. */
function streamOf(
  pages: InvocationPages,
  limit: number,
  head: string,
  line: (row: LogRow) => string,
): ReadableStream<Uint8Array> {
  const found = pages.all(limit);
  return new ReadableStream({
    start: (controller) => {
      if (head !== "") controller.enqueue(encoder.encode(head));
    },
    pull: async (controller) => {
      for (;;) {
        const { value: rows, done } = await found.next();
        if (done) return controller.close();
        if (rows.length > 0) return controller.enqueue(encoder.encode(rows.map(line).join("")));
      }
    },
    cancel: async () => void await found.return(),
  });
}
