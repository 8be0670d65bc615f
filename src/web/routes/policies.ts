/**
 * `/api/policies`: the policy in force, its check, its dry run, and its replacement; and one that is
 * learned from the log.
 *
 * @module
 */

import { type Context, Hono } from "@hono/hono";
import { bodyLimit } from "@hono/hono/body-limit";
import { toAuditError } from "../../audit/audit_error.ts";
import { ReplayReader } from "../../audit/replay_reader.ts";
import { reasonOf, UsageError } from "../../errors.ts";
import { DRY_RUN_BOUNDS, dryRun } from "../dry_run.ts";
import { LEARN_BOUNDS, learnedPolicy } from "../learned_policy.ts";
import { type LogSource, LogUnavailable } from "../log_source.ts";
import type { ScanLimits } from "../../patterns/scan_budget.ts";
import { MAX_POLICY_BYTES, type PolicyFiles, type PolicyText } from "../policy_files.ts";
import { BadRequest, QueryWords } from "../query_words.ts";

/** The original's words. */
const NONE = "No policy file configured";

/** The routes. */
export function policyRoutes(
  files: PolicyFiles,
  log: LogSource,
  scan: ScanLimits,
): Hono {
  const routes = new Hono();
  routes.use(bodyLimit({
    maxSize: MAX_POLICY_BYTES,
    onError: (c) => c.json({ error: `a policy may have ${MAX_POLICY_BYTES} bytes` }, 413),
  }));
  routes.get("/learned", async (c) => {
    const words = new QueryWords(c.req.query(), ["server", "since", "min_calls"]);
    const { minCalls, maxMinCalls } = LEARN_BOUNDS;
    const filter = {
      server: words.text("server"),
      since: words.time("since", Date.now()),
      minCalls: words.count("min_calls", minCalls, 1, maxMinCalls),
    };
    const { signal } = c.req.raw;
    using recorded = recordedCalls(log);
    try {
      return c.text(await learnedPolicy(log, recorded, filter, signal));
    } catch (fault) {
      // Nobody waits for it any more.
      if (signal.aborted) return c.body(null, 204);
      throw isOfSqlite(fault) ? unavailable(fault, log) : fault;
    }
  });
  routes.use(async (c, next) => {
    if (files.paths.length > 0) return await next();
    const error = c.req.method === "GET" ? NONE : `${NONE} — start AgentGate with --policy`;
    return c.json({ error }, 404);
  });
  routes.get("/", async (c) => {
    const { index } = wordsOf(c, ["file"]);
    return answerOf(c, await files.read(index).catch(unreadable));
  });
  routes.get("/previous", async (c) => {
    const { index } = wordsOf(c, ["file"]);
    const previous = await files.previous(index).catch(unreadable);
    if (previous === null) return c.body(null, 204);
    return answerOf(c, previous);
  });
  routes.get("/files", (c) => c.json(files.paths));
  routes.put("/", async (c) => {
    const { index } = wordsOf(c, ["file"]);
    const text = await c.req.text(), mark = c.req.header("if-match");
    const replaced = await files.replace(index, text, mark).catch(unreadable);
    if (replaced.done) {
      c.header("etag", replaced.mark);
      return c.json({ ok: true });
    }
    if (replaced.why === "changed") {
      const { text: current, mark: etag } = replaced.current;
      return c.json({ error: "the policy has changed on the disk meanwhile", current, etag }, 412);
    }
    const { problems, message } = replaced.check;
    return c.json({ error: `Invalid policy TOML: ${message}`, problems }, 400);
  });
  routes.post("/check", async (c) => {
    const { index } = wordsOf(c, ["file"]);
    return c.json(await files.check(index, await c.req.text()));
  });
  routes.post("/dry-run", async (c) => {
    const { index, words } = wordsOf(c, ["file", "calls"]);
    const { defaultCalls, maxCalls } = DRY_RUN_BOUNDS;
    const calls = words.count("calls", defaultCalls, 1, maxCalls);
    const text = await c.req.text();
    using recorded = recordedCalls(log);
    try {
      const [after, before] = await Promise.all([files.sources({ index, text }), files.sources()]);
      return c.json(await dryRun(recorded, { after, before }, calls, scan, c.req.raw.signal));
    } catch (fault) {
      if (isOfSqlite(fault)) throw unavailable(fault, log);
      if (!(fault instanceof UsageError)) throw fault;
      const isSaved = (await files.check(index, text)).ok;
      const whose = isSaved ? "The policy in the files does not load" : "Invalid policy TOML";
      throw new BadRequest(`${whose}: ${reasonOf(fault)}`);
    }
  });
  return routes;

  /** The words of a request, and which file it is about. */
  function wordsOf(c: Context, known: readonly string[]) {
    const words = new QueryWords(c.req.query(), known);
    const index = words.count("file", 0, 0, Number.MAX_SAFE_INTEGER);
    if (index >= files.paths.length) throw new NoSuchFile(`there are ${files.paths.length} files`);
    return { words, index };
  }
}

/** The log, for this one answer. */
function recordedCalls(log: LogSource): ReplayReader {
  try {
    return new ReplayReader(log.path);
  } catch (fault) {
    throw unavailable(fault, log);
  }
}

function isOfSqlite(fault: unknown): boolean {
  return fault instanceof Error && "errcode" in fault;
}

function unavailable(fault: unknown, { path }: LogSource): LogUnavailable {
  return new LogUnavailable(toAuditError(fault, path).message);
}

/** A policy's text, with what says which text it is. */
function answerOf(c: Context, { text, mark, at }: PolicyText): Response {
  c.header("etag", mark);
  c.header("last-modified", at.toUTCString());
  return c.text(text);
}

function unreadable(fault: unknown): never {
  throw new PolicyUnavailable(reasonOf(fault));
}

/** A file that the policy does not have: a 404 with the reason. */
export class NoSuchFile extends Error {
  override readonly name = "NoSuchFile";
}

/** A policy file that cannot be read or written: a 503 with the reason. */
export class PolicyUnavailable extends Error {
  override readonly name = "PolicyUnavailable";
}
