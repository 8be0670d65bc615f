import assert from "node:assert/strict";
import type { DatabaseSync } from "node:sqlite";
import stringWidth from "string-width";
import type { InvocationRow } from "../../src/audit/columns.ts";
import { INVOCATION_COLUMNS } from "../../src/audit/invocation.ts";
import { parseFilter } from "../../src/cli/logs/filter.ts";
import { tableFormat } from "../../src/cli/logs/table.ts";
import { UTC } from "../../src/cli/logs/zone.ts";
import { type HandMadeRow, type Home, insertRow, makeDatabase, withHome } from "./agentgate.ts";

/** The README's example, oldest first. */
const ROWS: readonly HandMadeRow[] = [
  { timestamp: "2026-04-03T09:01:12.5+00:00", latency: 9, arguments: `{"n":12345678901234567890}` },
  {
    timestamp: "2026-04-03T09:01:14+00:00",
    tool: "bash",
    status: "denied",
    latency: 1,
    hit: "no-shell",
  },
  { timestamp: "2026-04-03T09:01:17+00:00", status: "rate_limited" },
];

/** A home with a database of these rows. */
async function withLogs(
  rows: readonly HandMadeRow[],
  test: (home: Home, db: DatabaseSync) => Promise<void>,
): Promise<void> {
  await withHome(async (home) => {
    await Deno.mkdir(home.path(".agentgate"));
    using db = makeDatabase(home.path(".agentgate", "logs.db"), rows);
    await test(home, db);
  });
}

Deno.test("logs prints the README's table, newest first", async () => {
  await withLogs(ROWS, async (home) => {
    const { code, stdout, stderr } = await home.run(["logs"]);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.equal(
      stdout,
      `\
+---------------------+--------+-----------+--------------+--------------+------------+
| Timestamp (UTC)     | Server | Tool      | Status       | Latency (ms) | Policy Hit |
+---------------------+--------+-----------+--------------+--------------+------------+
| 2026-04-03 09:01:17 | fs     | read_file | rate_limited | -            | -          |
| 2026-04-03 09:01:14 | fs     | bash      | denied       | 1            | no-shell   |
| 2026-04-03 09:01:12 | fs     | read_file | allowed      | 9            | -          |
+---------------------+--------+-----------+--------------+--------------+------------+
`,
    );
  });
});

Deno.test("logs shows local times, and takes them, unless it is told --utc", async () => {
  await withLogs(ROWS, async (home) => {
    const tokyo = { TZ: "Asia/Tokyo" };
    const local = (await home.run(["logs", "--since", "2026-04-03 18:01:13"], tokyo)).stdout;
    assert.match(local, /\| Timestamp \(local\) {3}\|/);
    assert.match(local, /\| 2026-04-03 18:01:17 \|.*\n\| 2026-04-03 18:01:14 \|.*\n\+-/);
    const utc = await home.run(["logs", "--utc", "--since", "2026-04-03 09:01:13"], tokyo);
    assert.match(utc.stdout, /\| Timestamp \(UTC\) {5}\|/);
    assert.match(utc.stdout, /\| 2026-04-03 09:01:17 \|.*\n\| 2026-04-03 09:01:14 \|.*\n\+-/);
    // Programs get what is stored.
    assert.match((await home.run(["logs", "--jsonl"], tokyo)).stdout, /"2026-04-03T09:01:17Z"/);
  });
});

/** A row of these cells; the others do not matter. */
const row = (tool_name: string, policy_hit: string | null = null): InvocationRow => ({
  ...Object.fromEntries(
    INVOCATION_COLUMNS.map((column) => [column, null]),
  ) as unknown as InvocationRow,
  timestamp: "2026-04-03T09:01:12Z",
  server_name: "@modelcontextprotocol/server-memory",
  status: "rate_limited",
  tool_name,
  policy_hit,
});

Deno.test("logs fits its table to the terminal, whatever it holds", () => {
  const rows = [
    row("t".repeat(200)),
    row("読む".repeat(50), "a-rule-that-says-no"),
    row("e\u0301"),
  ];
  for (const terminalWidth of [80, 100, 78, 132]) {
    const table = tableFormat({ zone: UTC, terminalWidth, isOpenEnded: false })(rows);
    const lines = (table.head + table.lines(rows) + table.foot).trimEnd().split("\n");
    assert.equal(new Set(lines.map((line) => stringWidth(line))).size, 1);
    assert.equal(stringWidth(lines[0]!), terminalWidth);
    assert.match(lines[3]!, /^\| 2026-04-03 09:01:12 \| @\S*… \| t+… +\| rate_limited \|/);
  }
  const wide = tableFormat({ zone: UTC, terminalWidth: 400, isOpenEnded: false })(rows);
  const pipe = tableFormat({ zone: UTC, terminalWidth: null, isOpenEnded: false })(rows);
  assert.equal(wide.lines(rows), pipe.lines(rows));
});

Deno.test("logs --follow leaves room for what it does not know yet", () => {
  const { head, lines } = tableFormat({ zone: UTC, terminalWidth: 100, isOpenEnded: true })([]);
  for (
    const line of (head + lines([row("t".repeat(200), "a".repeat(100))])).trimEnd().split("\n")
  ) {
    assert.equal(stringWidth(line), 100);
  }
});

Deno.test("logs aligns wide characters and shows control characters", async () => {
  const timestamp = "2026-04-03T09:01:12+00:00";
  const rows = ["読む", "👩‍👩‍👧 x", "e\u0301", "a\x1b[2J\nb"].map((tool) => ({ timestamp, tool }));
  await withLogs(rows, async (home) => {
    const { stdout } = await home.run(["logs"]);
    const tools = stdout.split("\n").slice(3, -2).map((line) => line.split("|")[3]);
    assert.deepEqual(tools, [
      " a\\u001b[2J\\nb ", // 13 cells wide
      ` e\u0301${" ".repeat(12)} `,
      ` 👩‍👩‍👧 x${" ".repeat(9)} `,
      ` 読む${" ".repeat(9)} `,
    ]);
  });
});

Deno.test("logs filters by tool, server, status, since and limit", async () => {
  await withLogs(
    [...ROWS, { timestamp: "2026-04-03T09:02:00+00:00", server: "git" }],
    async (home) => {
      const ids = async (...args: string[]) => {
        const { stdout } = await home.run(["logs", "--jsonl", ...args]);
        return stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line).id);
      };
      assert.deepEqual(await ids("--tool", "bash"), ["id-2"]);
      assert.deepEqual(await ids("--server", "git"), ["id-4"]);
      assert.deepEqual(await ids("--status", "denied"), ["id-2"]);
      assert.deepEqual(await ids("--limit", "2"), ["id-4", "id-3"]);
      assert.deepEqual(await ids("--since", "2026-04-03 09:01:13"), ["id-4", "id-3", "id-2"]);
      assert.deepEqual(await ids("--since", "1s"), []);
    },
  );
});

Deno.test("logs --jsonl keeps what JSON numbers cannot hold", async () => {
  await withLogs(ROWS, async (home) => {
    const lines = (await home.run(["logs", "--jsonl"])).stdout.trimEnd().split("\n");
    assert.equal(lines.length, 3);
    assert.ok(lines[2]?.includes(`"arguments":{"n":12345678901234567890}`));
    const { id, timestamp, latency_ms, policy_hit } = JSON.parse(lines[1] ?? "");
    assert.deepEqual([id, timestamp, latency_ms, policy_hit], [
      "id-2",
      "2026-04-03T09:01:14Z",
      1,
      "no-shell",
    ]);
  });
});

Deno.test("logs --jsonl stays JSON of one line, and harmless, whatever was stored", async () => {
  const timestamp = "2026-04-03T09:01:12+00:00";
  const rows = [`{\n\t"a": "\u009b\u202e"\r\n}`, "no json \x1b"].map((text) => ({
    timestamp,
    tool: "\x1b[2J",
    arguments: text,
  }));
  await withLogs(rows, async (home) => {
    const { stdout } = await home.run(["logs", "--jsonl"]);
    // deno-lint-ignore no-control-regex
    assert.ok(!/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/.test(stdout));
    const values = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(values.map((value) => value.arguments), ["no json \x1b", {
      a: "\u009b\u202e",
    }]);
    assert.equal(values[0].tool_name, "\x1b[2J");
  });
});

Deno.test("logs --csv is RFC 4180", async () => {
  await withLogs([{ ...ROWS[0]!, tool: 'a,"b"' }], async (home) => {
    const lines = (await home.run(["logs", "--csv"])).stdout.split("\r\n");
    assert.equal(lines.length, 3);
    assert.match(
      lines[0] ?? "",
      /^id,timestamp,agent_id,session_id,server_name,tool_name,arguments,/,
    );
    assert.ok(
      lines[1]?.includes(`,fs,"a,""b""","{""n"":12345678901234567890}",,9,allowed,,`),
      lines[1],
    );
    assert.equal(lines[2], "");
  });
});

/** Names that a spreadsheet would run, and names that it would not. */
const FORMULAS = [
  ...["=1+1", "+1", "-2+3", "@SUM(1)", '="a,b"'],
  ...[" =1", "\u00a0=1", "\t=1", "\r=1", "\n@x", "\u001b=1", "\u200b=1", "\ufeff+1"],
  ...["＝1", "＋1", "－1", "＠x", "﹣1", "⁺1", "\u2212 1"],
];
const HARMLESS = ["a=1", "1-2", "'=1", "", "é", "(-1)", "\\t=1", "a@b"];

Deno.test("logs --csv quotes as text what a spreadsheet would run, and numbers stay numbers", async () => {
  const timestamp = "2026-04-03T09:01:12+00:00";
  const rows = [...FORMULAS, ...HARMLESS].map((tool) => ({ timestamp, tool, latency: -7 }));
  await withLogs(rows, async (home, db) => {
    db.exec(`UPDATE tool_invocations SET agent_id = '=A1', session_id = '@s', server_name = '+s',
      status = '-x', policy_hit = '=p', arguments = '-5'`);
    const { stdout } = await home.run(["logs", "--csv"]);
    const lines = stdout.trimEnd().split("\r\n").slice(1).toReversed();
    assert.equal(lines.length, rows.length);
    for (const [n, { tool }] of rows.entries()) {
      const cells = lines[n]!.split(",");
      assert.deepEqual(cells.slice(2, 5), ["'=A1", "'@s", "'+s"]);
      const isQuoted = cells[5]!.startsWith("'") || cells[5]!.startsWith(`"'`);
      assert.equal(isQuoted, n < FORMULAS.length || tool === "'=1", JSON.stringify(tool));
      assert.ok(lines[n]!.includes(",'-5,,-7,'-x,'=p,"), lines[n]);
    }
  });
});

Deno.test("logs has a word for an empty log, but not in JSON lines", async () => {
  await withLogs([], async (home) => {
    assert.equal((await home.run(["logs"])).stdout, "No invocations found.\n");
    assert.deepEqual(await home.run(["logs", "--jsonl"]), { code: 0, stdout: "", stderr: "" });
    assert.match((await home.run(["logs", "--csv"])).stdout, /^id,[a-z_,]+\r\n$/);
  });
});

Deno.test("logs never creates a database, and says where it looked", async () => {
  await withHome(async (home) => {
    for (const args of [[], ["--db", "x/y.db"], ["--follow"]]) {
      const { code, stdout, stderr } = await home.run(["logs", ...args]);
      assert.deepEqual([code, stdout], [1, ""]);
      assert.ok(
        stderr.includes(args[1] ? home.path("x", "y.db") : home.path(".agentgate", "logs.db")),
      );
    }
    assert.deepEqual([...Deno.readDirSync(home.folder)], []);
  });
});

Deno.test("logs ends quietly when its reader leaves", async () => {
  const rows = Array.from({ length: 3000 }, () => ROWS[0]!);
  await withLogs(rows, async (home) => {
    const child = home.spawn(["logs", "--limit", "3000", "--jsonl"]);
    const reader = child.stdout.getReader();
    await reader.read();
    await reader.cancel();
    assert.equal(await new Response(child.stderr).text(), "");
    assert.equal((await child.status).code, 0);
  });
});

Deno.test({
  name: "logs --follow prints each new row until it is interrupted",
  ignore: Deno.build.os === "windows", // no SIGINT for one process there
  async fn() {
    await withLogs(ROWS, async (home, db) => {
      const child = home.spawn(["logs", "--follow", "--limit", "2"]);
      const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      const readUntil = async (part: string) => {
        while (!text.includes(part)) text += (await lines.read()).value;
      };
      await readUntil("09:01:17");
      insertRow(db, "new-1", { timestamp: "2026-04-03T10:00:00+00:00", tool: "late" });
      await readUntil("10:00:00");
      insertRow(db, "new-2", { timestamp: "2026-04-03T10:00:01+00:00", tool: "later" });
      await readUntil("10:00:01");
      child.kill("SIGINT");
      assert.equal((await child.status).code, 0);
      await lines.cancel();
      await child.stderr.cancel();
      const times = text.match(/\d\d:\d\d:\d\d/g);
      assert.deepEqual(times, ["09:01:14", "09:01:17", "10:00:00", "10:00:01"]);
    });
  },
});

const NOW = Date.UTC(2026, 3, 3, 12);

/** Words for `--since`, and what they mean at noon of 3 April 2026. */
const SINCE: Readonly<Record<string, string>> = {
  "30s": "2026-04-03T11:59:30.000Z",
  "15m": "2026-04-03T11:45:00.000Z",
  "2h": "2026-04-03T10:00:00.000Z",
  "7d": "2026-03-27T12:00:00.000Z",
  "1w": "2026-03-27T12:00:00.000Z",
  "2026-04-01": "2026-04-01T00:00:00.000Z",
  "2026-04-01T09:30": "2026-04-01T09:30:00.000Z",
  "2026-04-01 09:30:15": "2026-04-01T09:30:15.000Z",
  "2026-04-01t09:30:15.5z": "2026-04-01T09:30:15.500Z",
  "2026-04-01T09:30:15+02:00": "2026-04-01T07:30:15.000Z",
  "2026-04-01 09:30 -0100": "",
  "2026-04-01T09:30-0100": "2026-04-01T10:30:00.000Z",
  "2026-02-30": "",
  "2026-13-01": "",
  "2026-04-01T25:00": "",
  "15": "",
  "h": "",
  "-2h": "",
  "99999999999999999d": "",
  "yesterday": "",
};

for (const [word, expected] of Object.entries(SINCE)) {
  Deno.test(`parseFilter takes --since "${word}" for ${expected || "a mistake"}`, () => {
    const parse = () => parseFilter({ since: word, limit: "1" }, NOW).since?.toISOString();
    const result = (() => {
      try {
        return parse();
      } catch (error) {
        assert.match(String(error), /--since .* is neither a duration/);
        return "";
      }
    })();
    assert.equal(result, expected);
  });
}

Deno.test("parseFilter knows statuses and outcomes, and guesses the nearest", () => {
  for (const status of ["allowed", "denied", "error", "rate_limited", "tool_error", "timed_out"]) {
    assert.equal(parseFilter({ status, limit: "1" }, NOW).status, status);
  }
  const message = (status: string) => {
    try {
      return parseFilter({ status, limit: "1" }, NOW).status;
    } catch (error) {
      return String(error);
    }
  };
  assert.match(message("denyed") ?? "", /did you mean denied\?$/);
  assert.match(message("rate-limited") ?? "", /did you mean rate_limited\?$/);
  assert.ok(!message("zzz")?.includes("did you mean"));
});

Deno.test("parseFilter wants a limit of 1 or more", () => {
  assert.equal(parseFilter({ limit: "1" }, NOW).limit, 1);
  for (const limit of ["0", "-1", "1.5", "x", "", "9007199254740992"]) {
    let refused = false;
    try {
      parseFilter({ limit }, NOW);
    } catch {
      refused = true;
    }
    assert.ok(refused, limit);
  }
});

Deno.test("logs --shadow prints only calls that a shadow rule would have changed", async () => {
  await withLogs(ROWS, async (home, db) => {
    const tools = async (...words: string[]) => {
      const { code, stdout } = await home.run(["logs", "--shadow", "--jsonl", ...words]);
      assert.equal(code, 0);
      return stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line))
        .map((row) => [row.tool_name, row.shadow_hits]);
    };
    assert.deepEqual(await tools(), []); // an original's database has no such column
    db.exec("ALTER TABLE tool_invocations ADD COLUMN shadow_hits TEXT");
    db.prepare("UPDATE tool_invocations SET shadow_hits = ? WHERE id = ?")
      .run('["would_deny:no-shell"]', "id-1");
    assert.deepEqual(await tools(), [["read_file", ["would_deny:no-shell"]]]);
    assert.deepEqual(await tools("--tool", "bash"), []);
  });
});
