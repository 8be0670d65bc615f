import assert from "node:assert/strict";
import { ReplayReader } from "../../src/audit/replay_reader.ts";
import { type DryRun, dryRun } from "../../src/web/dry_run.ts";
import { rule } from "../policy/harness.ts";
import { recorded, type Recorder } from "../simulate/recorder.ts";

const ALLOW = '[metadata]\ndefault = "allow"\n';
const MASK = rule("keys", { action: "redact", pattern: "sk-[a-z]+" });
const SCAN = { maxScanWork: 1e9, maxScanMs: 10_000 };

const deny = (id: string, condition: string) => rule(id, { action: "deny", condition });
const few = (max_calls: number) =>
  rule("few", { action: "rate_limit", max_calls, window_seconds: 60 });

/** What a policy would change of the newest calls. */
type Tried = (after: string, calls?: number, scan?: Partial<typeof SCAN>) => Promise<DryRun>;

/** Tries policies on calls that were recorded under one which has not changed since. */
function trying(
  policy: string,
  record: (recorder: Recorder) => void,
  check: (tried: Tried) => Promise<void>,
): Promise<void> {
  return recorded(policy, record, async (path) => {
    using log = new ReplayReader(path);
    const sources = (text: string) => [{ file: "policy.toml", text }];
    await check((after, calls = 100, scan = {}) => {
      const policies = { after: sources(after), before: sources(policy) };
      return dryRun(log, policies, calls, { ...SCAN, ...scan }, new AbortController().signal);
    });
  }, { maxPayloadBytes: 256 * 1024 });
}

/** Makes calls of `bash`, a second apart. */
const calling = (...all: readonly unknown[]) => (recorder: Recorder) => {
  const session = recorder.session();
  for (const args of all) {
    recorder.call(session, "bash", args);
    recorder.nowMs += 1000;
  }
};

Deno.test("dryRun counts limits and the session's calls, and says what came before them is not known", () =>
  trying(few(10), calling({}, {}, {}, {}), async (tried) => {
    const { calls, newly_refused, inexact, since, changes } = await tried(few(2));
    assert.deepEqual([calls, newly_refused, inexact], [4, 2, 0]);
    assert.equal(since, "2026-11-25T00:00:01.000Z");
    assert.deepEqual(
      changes.map(({ timestamp, before, after, exact }) => [timestamp, before, after, exact]),
      [4, 3].map((second) => [
        `2026-11-25T00:00:0${second}.000Z`,
        { action: "allow", rule: null },
        { action: "rate_limit", rule: "few" },
        true,
      ]),
    );
    const third = await tried(few(10) + deny("third", "session.calls == 2"));
    assert.deepEqual([third.newly_refused, third.inexact], [1, 0]);
    const last = await tried(few(2), 2);
    // What may pass counts as passing, as in `policy replay`.
    assert.deepEqual([last.calls, last.newly_passed, last.inexact], [2, 2, 2]);
    assert.deepEqual(last.unknown, [
      { what: "the limit of few: not all calls of its window are known", calls: 2 },
    ]);
    // Both count alike, whatever it was.
    assert.equal((await tried(few(10), 2)).inexact, 0);
  }));

Deno.test("dryRun says of which calls something that matters is not known", () =>
  trying(ALLOW + MASK, calling({ key: "sk-abc" }, { key: "x" }), async (tried) => {
    const found = await tried(ALLOW + MASK + deny("a", "arguments.key == 'sk-abc'"));
    assert.deepEqual([found.newly_refused, found.inexact, found.redacted], [1, 1, 1]);
    assert.deepEqual(found.unknown, [{ what: "arguments.key was masked", calls: 1 }]);
    assert.equal(found.doubt, "1 call cannot be decided exactly: arguments.key was masked.");
    assert.deepEqual(found.changes.map(({ exact }) => exact), [false]);
    const other = await tried(ALLOW + MASK + deny("a", "arguments.other == 'x'"));
    assert.deepEqual([other.newly_refused, other.doubt, other.redacted], [0, null, 1]);
  }));

Deno.test("dryRun passes over what no policy is asked about, and what takes too long", () =>
  trying(ALLOW, (recorder) => {
    const session = recorder.session();
    session.agent('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":1}}\n');
    recorder.call(session, "bash", { command: "x".repeat(100_000) });
  }, async (tried) => {
    const policy = deny("a", "arguments.command matches 'y+'");
    const { calls, not_asked, unjudged } = await tried(policy, 100, { maxScanWork: 1000 });
    assert.deepEqual([calls, not_asked, unjudged], [2, 1, 1]);
    assert.equal((await tried(policy)).unjudged, 0);
  }));
