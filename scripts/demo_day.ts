/**
 * A day of three agents at work, as an audit log: for screenshots, and for looking at the dashboard
 * without agents of one's own.
 *
 * `deno run -A scripts/demo_day.ts FILE`
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { openDatabase } from "../src/audit/schema.ts";
import { timestampText } from "../src/audit/columns.ts";

/** A kind of call: how often, how long, and what goes in and comes out. */
interface Kind {
  readonly server: string;
  readonly tool: string;
  readonly weight: number;
  /** Typical milliseconds. */
  readonly ms: number;
  readonly args: (pick: Pick) => unknown;
  readonly result: (pick: Pick) => string;
  readonly fails?: string;
}

/** Gives one of some things. */
type Pick = <T>(of: readonly T[]) => T;

const FILES = [
  ...["src/app.ts", "src/auth/session.ts", "src/cart/total.ts", "README.md", "package.json"],
  ...["src/api/orders.ts", "test/cart.test.ts", "docs/setup.md", "src/mail/send.ts"],
];
const home = "/home/me/shop/";

const KINDS: readonly Kind[] = [
  {
    ...{ server: "files", tool: "read_text_file", weight: 42, ms: 5 },
    args: (pick) => ({ path: home + pick(FILES) }),
    result: (pick) =>
      `export const ${pick(["total", "session", "orders"])} = () => { … }\n`.repeat(14),
  },
  {
    ...{ server: "files", tool: "list_directory", weight: 12, ms: 7 },
    args: (pick) => ({ path: home + pick(["src", "test", "docs", ""]) }),
    result: () => "[FILE] app.ts\n[DIR] auth\n[DIR] cart\n[FILE] index.ts\n",
  },
  {
    ...{ server: "files", tool: "edit_file", weight: 9, ms: 12 },
    args: (pick) => ({
      path: home + pick(FILES),
      edits: [{ oldText: "let total = 0;", newText: "let total = coupon(0);" }],
    }),
    result: () => "1 edit applied",
  },
  {
    ...{ server: "shell", tool: "bash", weight: 14, ms: 420 },
    args: (pick) => ({
      command: pick(["git status --short", "npm test", "git diff", "npm run build"]),
    }),
    result: () => " M src/cart/total.ts\n M test/cart.test.ts\n",
    fails: "command exited with status 1",
  },
  {
    ...{ server: "github", tool: "search_issues", weight: 8, ms: 310 },
    args: (pick) => ({
      q: `repo:acme/shop is:open label:${pick(["bug", "cart", "mail"])}`,
      per_page: 20,
    }),
    result: () => "#812 cart total wrong after coupon\n#797 mail is sent twice\n",
    fails: "API rate limit exceeded",
  },
  {
    ...{ server: "github", tool: "get_pull_request", weight: 5, ms: 260 },
    args: (pick) => ({ owner: "acme", repo: "shop", number: pick([801, 807, 815]) }),
    result: () => "coupon: count it once. Author: sam, token [REDACTED:github-token]",
  },
];

const REFUSED = [
  {
    ...{ server: "shell", tool: "bash", rule: "no-rm-rf", status: "denied", weight: 5 },
    args: { command: "rm -rf node_modules/.cache dist" },
    detail: "Recursive force-delete is not permitted",
  },
  {
    ...{ server: "files", tool: "read_text_file", rule: "no-dotenv", status: "denied", weight: 6 },
    args: { path: `${home}.env` },
    detail: "Files with secrets stay closed",
  },
  {
    ...{
      server: "github",
      tool: "search_issues",
      rule: "api-budget",
      status: "rate_limited",
      weight: 3,
    },
    args: { q: "repo:acme/shop is:open", per_page: 100 },
    detail: "30 calls in 60 s",
  },
] as const;

/** What the policy decides where a call ends so. */
const DECISIONS: Readonly<Record<string, string>> = {
  denied: "deny",
  rate_limited: "rate_limit",
};

/** Bytes of the tools that the servers list. */
const LISTED: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  files: {
    ...{ read_text_file: 842, list_directory: 611, edit_file: 1904, directory_tree: 1210 },
    ...{ read_media_file: 733, move_file: 688 },
  },
  shell: { bash: 1460 },
  github: {
    ...{
      search_issues: 2380,
      get_pull_request: 1120,
      create_issue: 2210,
      merge_pull_request: 1730,
    },
    ...{ list_code_scanning_alerts: 2950, fork_repository: 940 },
  },
};

const AGENTS = [["claude-code", "2.1.0"], ["cursor", "2.1.4"], ["nightly-agent", "0.9.2"]] as const;
const DAY_S = 86_400;
/** The hour of the day at which it ends, whatever the clock says. */
const ENDS_AT_HOUR = 16;

/** The policy that the day was judged by. */
export const DEMO_POLICY = `[metadata]
name = "shop"

[[rules]]
id = "no-rm-rf"
tool = "bash"
action = "deny"
condition = "arguments.command matches 'rm\\\\s+-[a-z]*r[a-z]*f'"
message = "Recursive force-delete is not permitted"

[[rules]]
id = "no-dotenv"
tool = "read_text_file"
action = "deny"
condition = "arguments.path ends_with '.env'"
message = "Files with secrets stay closed"

[[rules]]
id = "api-budget"
tool = "search_issues"
action = "rate_limit"
max_calls = 30
window_seconds = 60

[[rules]]
id = "big-edits"
tool = "edit_file"
action = "deny"
mode = "shadow"
condition = "arguments.path contains 'auth'"
message = "Edits of the sign-in need a person"

[[tests]]
name = "the cache stays"
tool = "bash"
arguments = { command = "rm -rf node_modules/.cache" }
expect = "deny"
rule = "no-rm-rf"
`;

/** Makes the file; its last call has just ended. Always the same day but for the time. */
export function makeDay(path: string, nowMs: number = Date.now(), days = 1): void {
  openDatabase(path, { durability: "batched" }).close();
  using db = new DatabaseSync(path);
  db.exec("PRAGMA synchronous = OFF; BEGIN");
  const random = randomFrom(7), pick: Pick = (of) => of[Math.floor(random() * of.length)]!;
  const weighted = <T extends { readonly weight: number }>(of: readonly T[]): T => {
    let left = random() * of.reduce((sum, { weight }) => sum + weight, 0);
    return of.find(({ weight }) => (left -= weight) < 0)!;
  };
  const beganAt = nowMs / 1000 - days * DAY_S;
  let at = beganAt, change = 0, session = 0;
  const insert = db.prepare(
    `INSERT INTO tool_invocations (id, timestamp, agent_id, agent_version, session_id, server_name,
       tool_name, arguments, result, latency_ms, latency_us, status, policy_hit, outcome, detail,
       protocol_version, method, request_id, request_bytes, result_bytes, forwarded, shadow_hits,
       gateway, run, mono_us, session_calls, policy_decision, change)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '2025-11-25', 'tools/call', ?, ?, ?, ?, ?,
       'demo/1', 'demo', ?, ?, ?, ?)`,
  );
  while (at < nowMs / 1000 - 1) {
    const [agent, version] = pick(AGENTS), id = `demo-session-${++session}`;
    const calls = 8 + Math.floor(random() * 50);
    for (let n = 0; n < calls && at < nowMs / 1000 - 1; n++) {
      at += random() < 0.12 ? 5 + random() * 25 : 0.2 + random() * 3;
      const refused = random() < 0.045 ? weighted(REFUSED) : null;
      const kind = refused === null ? weighted(KINDS) : null;
      const isError = kind?.fails !== undefined && random() < 0.16;
      const ms = kind === null
        ? null
        : kind.ms * (0.4 + random() * random() * (random() < 0.03 ? 12 : 2.5));
      const { server, tool } = refused ?? kind!;
      const args = JSON.stringify(refused?.args ?? kind!.args(pick));
      const text = isError ? kind!.fails! : kind?.result(pick) ?? "";
      const result = kind === null ? null : JSON.stringify({
        content: [{ type: "text", text }],
        ...isError ? { isError } : {},
      });
      insert.run(
        ...[
          `demo-${change}`,
          timestampText(Math.floor(at * 1000)),
          agent,
          version,
          id,
          server,
          tool,
        ],
        ...[
          args,
          result,
          ms === null ? null : Math.floor(ms),
          ms === null ? null : Math.round(ms * 1000),
        ],
        ...[refused?.status ?? (isError ? "error" : "allowed"), refused?.rule ?? null],
        ...[
          refused?.status ?? (isError ? "tool_error" : "ok"),
          refused?.detail ?? null,
          `${n + 1}`,
        ],
        ...[
          args.length + 90,
          result === null ? null : result.length + 40,
          refused === null ? 1 : 0,
        ],
        tool === "edit_file" && args.includes("auth") ? `["would_deny:big-edits"]` : null,
        Math.round((at - beganAt) * 1e6),
        n + 1,
        refused === null ? "allow:default" : `${DECISIONS[refused.status]}:${refused.rule}`,
        ++change,
      );
    }
    const hour = (ENDS_AT_HOUR + 24 * days - (nowMs / 1000 - at) / 3600) % 24;
    at += (hour < 7 || hour > 20 ? 4000 : 500) * random();
  }
  const list = db.prepare("INSERT INTO listed_tools (server, tool, bytes, at) VALUES (?, ?, ?, ?)");
  for (const [server, tools] of Object.entries(LISTED)) {
    for (const [tool, bytes] of Object.entries(tools)) {
      list.run(server, tool, bytes, timestampText(nowMs - 3_600_000));
    }
  }
  db.prepare("UPDATE change_counter SET last = ?").run(change);
  db.exec("COMMIT");
}

/** Numbers from 0 to 1 that are the same each time. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

if (import.meta.main) makeDay(Deno.args[0]!);
