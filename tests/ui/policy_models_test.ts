import assert from "node:assert/strict";
import { ApiFault, type Client } from "../../ui/client.ts";
import { PolicyDraft } from "../../ui/models/policy_draft.ts";
import { promoted } from "../../ui/models/promote.ts";
import { markedLines, marksOf } from "../../ui/models/toml_marks.ts";
import { filledTrend } from "../../ui/models/trend.ts";

Deno.test("marksOf takes a policy apart, and loses nothing of it", () => {
  const text = `# a note
[[rules]]
id = "x" # why
max_calls = 30
condition = """
a contains '#' """
tags = ['b', "c\\"d"]
open = "never closed
enabled = true`;
  const marks = marksOf(text);
  assert.equal(marks.map(({ text }) => text).join(""), text);
  const kindsOf = (kind: string) =>
    marks.filter((mark) => mark.kind === kind).map(({ text }) => text);
  assert.deepEqual(kindsOf("comment"), ["# a note", "# why"]);
  assert.deepEqual(kindsOf("table"), ["[[rules]]"]);
  assert.deepEqual(kindsOf("value"), ["30", "true"]);
  assert.deepEqual(kindsOf("string"), [
    '"x"',
    '"""\na contains \'#\' """',
    "'b'",
    '"c\\"d"',
    '"never closed',
  ]);
  assert.equal(markedLines(text).length, text.split("\n").length);
  assert.deepEqual(markedLines(""), [[]]);
});

Deno.test("promoted takes a rule out of shadow, and touches nothing else", () => {
  const rule = (id: string, mode: string) => `[[rules]]\nid = "${id}"\n${mode}tool = "t"\n`;
  const shadow = 'mode = "shadow"\n', text = rule("a", shadow) + rule("b", shadow);
  assert.deepEqual(promoted(text, "b"), { text: rule("a", shadow) + rule("b", ""), line: 5 });
  assert.equal(promoted(text, "c"), null);
  assert.equal(promoted(rule("a", "") + rule("b", shadow), "a"), null);
  const last = `[[rules]]\n${shadow}id = 'a' # it\n`;
  assert.equal(promoted(last, "a")!.text, "[[rules]]\nid = 'a' # it\n");
});

Deno.test("filledTrend has a value for each hour, or each day", () => {
  const now = Date.UTC(2026, 10, 26, 12, 30),
    at = (hours: number) => new Date(now - now % 3_600_000 - hours * 3_600_000).toISOString();
  const trend = [{ at: at(3), count: 2 }, { at: at(0), count: 5 }];
  assert.deepEqual(filledTrend(trend, { last: "6h" }, now), [0, 0, 0, 2, 0, 0, 5]);
  assert.equal(filledTrend([], { last: "30d" }, now).length, 31);
  const stretch = { from: now / 1000 - 2 * 3600, to: now / 1000 };
  assert.deepEqual(filledTrend(trend, stretch, now + 9 * 3_600_000), [0, 0, 5]);
});

/** A policy file that others change as well. */
class PolicyFile {
  text = "before";
  readonly storage = new Map<string, string>();

  draft(): PolicyDraft {
    const client = { ask: (path: string, init: RequestInit = {}) => this.#answer(path, init) };
    const storage = {
      getItem: (key: string) => this.storage.get(key) ?? null,
      setItem: (key: string, value: string) => void this.storage.set(key, value),
      removeItem: (key: string) => void this.storage.delete(key),
    };
    return new PolicyDraft({ client: client as Client, storage }, 0);
  }

  get #mark(): string {
    return encodeURIComponent(this.text);
  }

  #answer(path: string, { method, body, headers }: RequestInit): Promise<Response> {
    if (path.startsWith("/api/policies/previous")) {
      return Promise.resolve(new Response(null, { status: 204 }));
    }
    if (method === "PUT") {
      if (new Headers(headers).get("if-match") !== this.#mark) {
        const conflict = { current: this.text, etag: this.#mark };
        return Promise.reject(new ApiFault(412, "it has changed", conflict));
      }
      this.text = String(body);
    }
    return Promise.resolve(new Response(this.text, { headers: { etag: this.#mark } }));
  }
}

Deno.test("PolicyDraft keeps what was typed until it is saved", async () => {
  const file = new PolicyFile(), draft = file.draft();
  await draft.load();
  draft.edit("typed");
  assert.ok(draft.isChanged.value);
  const later = file.draft();
  await later.load();
  assert.deepEqual([later.text.value, later.conflict.value], ["typed", null]);
  assert.ok(await later.save());
  assert.deepEqual([file.text, later.previous.value, file.storage.size], ["typed", "before", 0]);
  assert.ok(!later.isChanged.value);
});

Deno.test("PolicyDraft saves over what somebody else has changed only when that was shown", async () => {
  const file = new PolicyFile(), draft = file.draft();
  await draft.load();
  draft.edit("mine");
  file.text = "theirs";
  assert.ok(!await draft.save());
  assert.deepEqual([file.text, draft.conflict.value?.text], ["theirs", "theirs"]);
  draft.edit("mine, and more");
  const later = file.draft();
  await later.load();
  assert.deepEqual([later.text.value, later.conflict.value?.text], ["mine, and more", "theirs"]);
  assert.ok(await later.save(true));
  assert.deepEqual([file.text, later.previous.value], ["mine, and more", "theirs"]);
});

Deno.test("PolicyDraft keeps what is typed while it saves, and shows what is in force after a conflict", async () => {
  const file = new PolicyFile(), draft = file.draft();
  await draft.load();
  draft.edit("typed");
  const saving = draft.save();
  draft.edit("typed, and more");
  assert.ok(await saving);
  const later = file.draft();
  await later.load();
  assert.deepEqual([later.text.value, later.conflict.value], ["typed, and more", null]);
  file.text = "theirs";
  assert.ok(!await later.save());
  later.revert();
  assert.deepEqual([later.text.value, later.isChanged.value], ["theirs", false]);
  later.edit("theirs, and mine");
  assert.ok(await later.save());
  assert.equal(file.text, "theirs, and mine");
});

Deno.test("PolicyDraft leaves the ends of lines as the file has them", async () => {
  const file = new PolicyFile(), draft = file.draft();
  file.text = "a\r\nb\r\n";
  await draft.load();
  assert.equal(draft.text.value, "a\nb\n");
  draft.edit("a\nb\nc\n");
  assert.ok(await draft.save());
  assert.equal(file.text, "a\r\nb\r\nc\r\n");
  assert.ok(!draft.isChanged.value);
});

Deno.test("promoted takes no text inside a string or a list for TOML", () => {
  const fake = `message = '''\n[[rules]]\nid = "x"\nmode = "shadow"\n'''\n`;
  const head = `[[rules]]\nid = "other"\n${fake}`, mode = 'mode = "shadow"\n';
  const rule = `[[rules]]\ncondition = """\n  arguments.a in\n  ["x"]\n"""\nid = "x"\n`;
  assert.deepEqual(promoted(head + rule + mode, "x"), { text: head + rule, line: 8 });
  assert.equal(promoted(head, "x"), null);
  const listed = `[[rules]]\nid = "y"\ntool = [\n  "a", # [\n  ["b"],\n]\n`;
  assert.equal(promoted(listed + mode + head, "y")?.text, listed + head);
});
