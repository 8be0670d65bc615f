import assert from "node:assert/strict";
import { join } from "node:path";
import { Ajv } from "ajv";
import { FileReader } from "../../src/policy/file_reader.ts";
import { loadPatterns } from "../../src/patterns/pattern.ts";
import { PatternGroup } from "../../src/patterns/pattern_group.ts";
import { policySchema } from "../../src/policy/schema.ts";
import { TableReader } from "../../src/toml/table.ts";
import { parseToml, type TomlTable } from "../../src/toml/toml.ts";
import { PROJECT } from "../e2e/gateway.ts";

/** A schema, as far as the tests look at it. */
interface Schema {
  readonly description?: string;
  readonly additionalProperties?: false;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

const schema = policySchema() as Schema;
const validate = new Ajv({ strict: true, allowUnionTypes: true, strictRequired: false })
  .compile(schema);
using patterns = await loadPatterns();

/** What the reader has to say of a document. */
function problemsOf(document: TomlTable) {
  const source = { file: "p.toml", prefix: "", ids: new Map<string, string>() };
  return new FileReader(source, document, patterns, new PatternGroup(patterns), new Map()).problems;
}

/** Whether the schema takes a document, as an editor sees it. */
function fits(document: TomlTable): boolean {
  return validate(new TableReader({ document }, []).jsonTable("document"));
}

const RULE = { id: "r", tool: "bash" };
const TEST = { name: "t", tool: "bash", expect: "allow" };

/** Documents with every kind of table, and how one more key comes into it. */
const TABLES: Readonly<Record<string, (more: TomlTable) => TomlTable>> = {
  "": (more) => more,
  metadata: (more) => ({ metadata: more }),
  redaction: (more) => ({ redaction: { rules: "a.toml", ...more } }),
  "rules of allow": (more) => ({ rules: [{ ...RULE, action: "allow", ...more }] }),
  "rules of deny": (more) => ({ rules: [{ ...RULE, action: "deny", ...more }] }),
  "rules of redact": (more) => ({
    rules: [{ ...RULE, action: "redact", pattern: "x", ...more }],
  }),
  "rules of rate_limit": (more) => ({
    rules: [{ ...RULE, action: "rate_limit", max_calls: 1n, window_seconds: 1n, ...more }],
  }),
  tests: (more) => ({ rules: [{ ...RULE, action: "deny" }], tests: [{ ...TEST, ...more }] }),
  "tests of methods": (more) => ({
    tests: [{ name: "t", method: "resources/read", expect: "allow", ...more }],
  }),
};

/** The schema of such a table. */
function schemaOf(table: string): Schema {
  if (table === "") return schema;
  const found = schema.properties![table.split(" ")[0]!]!;
  return found.items ?? found;
}

/** The keys that the reader asked a table for. */
function keysReadIn(table: string): readonly string[] {
  const typed = "no_such_key";
  const found = problemsOf(TABLES[table]!({ [typed]: true }))
    .find(({ guess }) => guess?.typed === typed);
  return found!.guess!.words;
}

for (const table of Object.keys(TABLES)) {
  const where = table === "" ? "the top of the file" : table;
  Deno.test(`the schema has a word for every key that is read in ${where}, and refuses others`, () => {
    const { properties, additionalProperties } = schemaOf(table);
    for (const key of keysReadIn(table)) {
      assert.ok(properties![key]?.description, `${key} is not in the schema`);
    }
    assert.equal(additionalProperties, false);
    assert.ok(!fits(TABLES[table]!({ no_such_key: true })));
  });
}

Deno.test("every key of the schema is read", () => {
  for (const table of Object.keys(TABLES)) {
    const kind = table.split(" ")[0];
    const alike = Object.keys(TABLES).filter((other) => other.split(" ")[0] === kind);
    const read = new Set(alike.flatMap(keysReadIn));
    assert.deepEqual(
      Object.keys(schemaOf(table).properties!).filter((key) => !read.has(key)),
      [],
      table,
    );
  }
});

/** Values of every type, and at the bounds of numbers. */
const VALUES: readonly unknown[] = [
  ...["", "x", "allow", "shadow", "both", "zero", "email", "UTC", "tools/call", "default"],
  ...["2026-04-03T09:01:12Z", "2026-04-03 9:01", new Date("2026-04-03T09:01:12Z")],
  ...[true, 1.5, -1n, 0n, 1n, 100_000n, 100_001n, 31_536_000n, 31_536_001n],
  ...[1_000_000_000n, 1_000_000_001n],
  ...[[], [""], ["x"], ["email"], ["email", 1n], [1n], [[]], [{}]],
  ...[{}, { x: 1n }],
];

/** What a schema can tell as well; the rest (conditions, patterns, names of rules) is the reader's. */
const TELLABLE =
  / must (be|not be empty)|needs the key|unknown key|has no method|is enforced|no params|tells the agent/;

Deno.test("the schema and the reader agree on every key with every type of value", () => {
  let both = 0;
  for (const [table, document] of Object.entries(TABLES)) {
    for (const key of Object.keys(schemaOf(table).properties!)) {
      for (const value of VALUES) {
        const one = document({ [key]: value }), problems = problemsOf(one);
        const messages = problems.map(({ message }) => message);
        const about = `${table}: ${key} = ${Deno.inspect(value)}: ${messages.join("; ")}`;
        // In JSON a date is a text.
        if (!fits(one)) assert.ok(problems.length > 0, `the schema alone refuses ${about}`);
        else if (!(value instanceof Date)) {
          assert.deepEqual(messages.filter((text) => TELLABLE.test(text)), [], about);
        }
        if (!fits(one) && problems.length > 0) both++;
      }
    }
  }
  assert.ok(both > 500, `${both}`);
});

Deno.test("shipped policies fit the schema, and so do those of the pages", async () => {
  const texts = ["policies", "policies/examples"].flatMap((folder) =>
    [...Deno.readDirSync(join(PROJECT, folder))].filter(({ name }) => name.endsWith(".toml"))
      .map(({ name }) => Deno.readTextFileSync(join(PROJECT, folder, name)))
  );
  for (const page of ["README.md", "policies/README.md"]) {
    const text = await Deno.readTextFile(join(PROJECT, page));
    const blocks = [...text.matchAll(/^```toml\n(.*?)^```$/gms)].map(([, text]) => text!);
    texts.push(...blocks.filter((text) => /^\[(\[rules\]|redaction)\]/m.test(text)));
  }
  assert.ok(texts.length > 12, `${texts.length}`);
  for (const text of texts) {
    assert.ok(fits(await parseToml("p.toml", text)), JSON.stringify(validate.errors));
  }
});

/** Files that neither the schema nor the reader takes. */
const WRONG: Readonly<Record<string, string>> = {
  "an unknown table": "[policy]\n",
  "rules that are one table": '[rules]\nid = "a"\n',
  "an action that is none": `[[rules]]\nid = "a"\ntool = "*"\naction = "dny"\n`,
  "a rule without an id": `[[rules]]\ntool = "*"\naction = "deny"\n`,
  "a rule without an action": `[[rules]]\nid = "a"\ntool = "*"\n`,
  "a rule without a tool": `[[rules]]\nid = "a"\naction = "deny"\n`,
  "a limit without numbers": `[[rules]]\nid = "a"\ntool = "*"\naction = "rate_limit"\n`,
  "a limit with a pattern":
    `[[rules]]\nid = "a"\ntool = "*"\naction = "rate_limit"\nmax_calls = 1\nwindow_seconds = 1\npattern = "x"\n`,
  "redaction of nothing": `[[rules]]\nid = "a"\ntool = "*"\naction = "redact"\n`,
  "an unknown detector":
    `[[rules]]\nid = "a"\ntool = "*"\naction = "redact"\ndetect = ["emails"]\n`,
  "redaction with a message":
    `[[rules]]\nid = "a"\ntool = "*"\naction = "redact"\npattern = "x"\nmessage = "m"\n`,
  "redaction of a method": `[[rules]]\nid = "a"\nmethod = "x"\naction = "redact"\npattern = "x"\n`,
  "a shadow rule of a method":
    `[[rules]]\nid = "a"\nmethod = "x"\naction = "deny"\nmode = "shadow"\n`,
  "a denial with a limit": `[[rules]]\nid = "a"\ntool = "*"\naction = "deny"\nmax_calls = 1\n`,
  "a test without a tool": `[[tests]]\nname = "t"\nexpect = "deny"\n`,
  "a test of a call with params":
    `[[tests]]\nname = "t"\ntool = "x"\nexpect = "deny"\nparams = {}\n`,
  "a test without an expectation": `[[tests]]\nname = "t"\ntool = "x"\n`,
  "a list with a capital letter": `[lists]\nHosts = ["a"]\n`,
  "an empty list": `[lists]\nhosts = []\n`,
  "a list of lists": `[lists]\nhosts = [["a"]]\n`,
  "redaction by nothing": "[redaction]\n",
};

for (const [what, text] of Object.entries(WRONG)) {
  Deno.test(`the schema refuses ${what}, as the reader does`, async () => {
    const document = await parseToml("p.toml", text);
    assert.notDeepEqual(problemsOf(document), []);
    assert.ok(!fits(document));
  });
}

Deno.test("the schema names the shipped packs, and refuses others", () => {
  assert.ok(fits({ extends: ["builtin:no-shell-escape", "./team.toml"] }));
  assert.ok(fits({ extends: "team.toml" }));
  assert.ok(!fits({ extends: ["builtin:no-shell"] }));
});

Deno.test("every table and key of the schema has a description", () => {
  const visit = (part: Schema, path: string): void => {
    for (const [key, inner] of Object.entries(part.properties ?? {})) {
      assert.match(inner.description ?? "", /^[A-Z].{10,}\.$/, `${path}.${key}`);
      visit(inner, `${path}.${key}`);
      if (inner.items !== undefined) visit(inner.items, `${path}.${key}[]`);
    }
  };
  visit(schema, "");
});
