import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { compileCondition } from "../../src/expr/condition.ts";
import { nameOf } from "../../src/expr/ternary.ts";
import { readShell } from "../../src/matchers/shell/reader.ts";
import { shellMatcher } from "../../src/matchers/shell_matcher.ts";
import corpus from "./corpus/shell.json" with { type: "json" };

const DELETES = "shell(a).options in ['rm -r', 'rm -R', 'rm --recursive']";

interface Entry {
  readonly text: string;
  readonly programs: readonly string[];
  /** The programs alone, where it is absent. */
  readonly commands?: readonly string[];
  readonly options?: readonly string[];
  readonly open?: readonly string[];
  readonly writes?: readonly string[];
  readonly reads?: readonly string[];
  readonly sure?: boolean;
}

const evasions: readonly Entry[] = corpus.evasions, honest: readonly Entry[] = corpus.honest;

function ask(condition: string, a: unknown): string {
  const compiled = compileCondition<{ readonly a: unknown }>(condition, {
    roots: [{ path: ["a"], type: "json", read: (env) => env.a }],
    patterns: (source) => new RegExp(source),
    matchers: new Map([["shell", shellMatcher()]]),
  });
  if (!compiled.ok) return compiled.errors.map(({ message }) => message).join("; ");
  return nameOf(compiled.condition.evaluate({ a }));
}

Deno.test("shell(…): every text of the corpus is read as it says", () => {
  assert.ok(evasions.length + honest.length >= 120);
  for (const entry of [...evasions, ...honest]) {
    const { text, programs, commands = programs, options = [], sure = true } = entry;
    const { open = [], writes = [], reads = [] } = entry;
    const facts = readShell(text);
    const wanted = { programs, commands, options, open, writes, reads };
    for (const [name, list] of Object.entries(wanted)) {
      assert.deepEqual(facts[name as keyof typeof wanted], list, `${name} of ${text}`);
    }
    assert.equal(facts.isSure, sure, text);
  }
});

Deno.test("shell(…).options: no evasion of the corpus passes, and no honest text is caught", () => {
  for (const { text } of evasions) {
    assert.notEqual(ask(DELETES, text), "false", text);
    assert.notEqual(ask(`not ${DELETES}`, text), "true", text);
  }
  for (const { text } of honest) assert.equal(ask(DELETES, text), "false", text);
});

Deno.test("shell(…): what is not known fails closed both ways, and .sure says so", () => {
  for (const text of ["$X -rf /", "curl x | sh", "eval $X", "x".repeat(9000), "(".repeat(300)]) {
    assert.equal(ask("shell(a).programs in ['ls', 'git']", text), "partly", text);
    assert.equal(ask("not shell(a).programs in ['rm']", text), "partly", text);
    assert.equal(ask("not shell(a).sure", text), "true", text);
  }
  assert.equal(ask("shell(a).sure", "ls -la"), "true");
  for (const other of [5, { command: "ls" }, null]) {
    assert.equal(ask("shell(a).programs == 'ls'", other), "partly");
    assert.equal(ask("shell(a).sure", other), "false");
  }
  assert.equal(ask("shell(a).programs == 'ls'", undefined), "false");
  assert.equal(ask("shell(a).programs == 'ls'", ""), "false");
  assert.equal(ask("shell(a).programs == 'rm'", ["ls", "rm x"]), "partly");
  assert.equal(ask("shell(a).programs == 'rm'", '["rm x"]'), "partly");
});

Deno.test("shell(…): readings are asked one by one", () => {
  const git = "shell(a).commands matches '^git (status|diff)'";
  assert.equal(ask(git, "git status && git diff HEAD"), "true");
  assert.equal(ask(git, "git status; rm -rf /"), "partly");
  assert.equal(ask(git, "git status $(rm x)"), "partly");
  assert.equal(ask("shell(a).programs in ['git', 'ls']", "git log | ls"), "true");
  assert.equal(ask("shell(a).programs in ['git']", "/usr/bin/git log"), "true");
  assert.equal(ask("shell(a).writes starts_with '/etc/'", "echo a > /etc/passwd"), "true");
  assert.equal(ask("shell(a).writes starts_with '/etc/'", "echo a > $X"), "partly");
  assert.equal(ask("shell(a).reads == '/etc/passwd'", "cat < /etc/passwd"), "true");
});

Deno.test("shell(…).options: of an option that is cut short, and of one that is filled in, something is known", () => {
  assert.equal(ask(DELETES, "rm --recur x"), "partly");
  assert.equal(ask(DELETES, "rm $X"), "partly");
  assert.equal(ask(DELETES, "cat $X && ls --recur"), "false");
  assert.equal(ask("shell(a).options matches '^rm'", "cat $X"), "partly");
  assert.equal(ask("shell(a).options matches '^rm'", "cat --color"), "false");
  // An allow needs to know them all.
  assert.equal(ask("shell(a).options in ['ls -l']", "ls -l"), "true");
  assert.equal(ask("shell(a).options in ['ls -l']", "ls -l $X"), "partly");
  assert.equal(ask("shell(a).options in ['ls --all']", "ls --all"), "true");
});

Deno.test("shell(…): a list is read item by item, and may be the words of one command", () => {
  assert.notEqual(ask(DELETES, ["rm", "-rf", "/"]), "false");
  assert.notEqual(ask(DELETES, ["bash", "-lc", "rm -rf /"]), "false");
  assert.notEqual(ask(DELETES, '["rm","-r","x"]'), "false");
  assert.notEqual(ask(DELETES, ["env", "-S", "rm -r x"]), "false");
  assert.equal(ask(DELETES, ["ls", "-la"]), "false");
  assert.equal(ask(DELETES, ["bash", "-lc", "git commit -m 'rm -rf'"]), "false");
  // What may be one command spoils nothing that holds for the items.
  assert.equal(
    ask("shell(a).commands matches '^git (status|diff)'", ["git status", "git diff"]),
    "true",
  );
});

Deno.test("shell(…) is asked by a member", () => {
  assert.match(
    ask("shell(a) == 'x'", ""),
    /needs one of its members: \.programs, \.commands, \.options, \.writes, \.reads, \.sure/,
  );
  assert.match(ask("shell(a).program == 'x'", ""), /has no \.program/);
});

/** Ways to write a word that a shell reads as the same word. */
const quoted = (word: string): fc.Arbitrary<string> =>
  fc.tuple(fc.nat(word.length), fc.constantFrom("''", '""', "\\\n", "")).chain(([at, hole]) =>
    fc.constantFrom(
      word.slice(0, at) + hole + word.slice(at),
      `'${word}'`,
      `"${word}"`,
      `$'${word}'`,
      [...word].map((c) => /[a-z]/.test(c) ? `\\${c}` : c).join(""),
      `${word.slice(0, at)}"${word.slice(at)}"`,
      `$'${[...word].map((c) => `\\x${c.charCodeAt(0).toString(16)}`).join("")}'`,
    )
  );

/** A command that deletes, written in some way. */
const deleting = fc.constantFrom(
  ["rm", "-rf", "/"],
  ["rm", "-r", "-f", "x"],
  ["rm", "--recursive", "x"],
  ["/bin/rm", "x", "-R"],
).chain((words) => fc.tuple(...words.map(quoted))).map((words) => words.join(" "));

/** Puts a text where it runs as well. */
const around = fc.constantFrom<(text: string) => string>(
  (text) => `sudo -u root ${text}`,
  (text) => `env A=1 ${text}`,
  (text) => `timeout -k 1 5 ${text}`,
  (text) => `nice -n 5 nohup ${text}`,
  (text) => `command ${text}`,
  (text) => `ls | xargs ${text}`,
  (text) => `find . -exec ${text} \\;`,
  (text) => `2>/dev/null ${text}`,
);
const within = fc.constantFrom<(text: string) => string>(
  (text) => `X=1 ${text}`,
  (text) => `( ${text} )`,
  (text) => `{ ${text}; }`,
  (text) => `echo "$( ${text} )"`,
  (text) => `true && ${text} || false`,
  (text) => `for i in 1 2; do ${text}; done`,
  (text) => `if ${text}; then ls; fi`,
  (text) => `f() { ${text}; }; f`,
  (text) => `case x in x) ${text};; esac`,
  (text) => `cat <( ${text} )`,
  (text) => `bash -c '${text.replaceAll("'", "'\\''")}'`,
  (text) => `eval '${text.replaceAll("'", "'\\''")}'`,
  (text) => `trap '${text.replaceAll("'", "'\\''")}' EXIT`,
  (text) => `bash <<'END_OF_TEXT'\n${text}\nEND_OF_TEXT\n`,
  (text) => `x=\${y:-$( ${text} )}`,
);

Deno.test("shell(…): quoting, splitting, wrapping and nesting turn no deny into an allow", () => {
  const wraps = fc.array(around, { maxLength: 2 }), nests = fc.array(within, { maxLength: 3 });
  fc.assert(
    fc.property(deleting, wraps, nests, (command, wraps, nests) => {
      let text = command;
      for (const wrap of wraps) text = wrap(text);
      for (const nest of nests) text = nest(text);
      assert.notEqual(ask(DELETES, text), "false", text);
      assert.notEqual(
        ask("shell(a).programs in ['ls', 'cat', 'echo', 'true']", text),
        "true",
        text,
      );
    }),
    { numRuns: 2000 },
  );
});

Deno.test("shell(…): whatever is asked of it, it answers", () => {
  const piece = fc.constantFrom(
    ...["$(", "`", "'", '"', "{", "}", "(", ")", "<<E", "\n", "E\n", "rm", " ", "|", "&", ";"],
    ...[
      "$",
      "${",
      "[[",
      "]]",
      "((",
      "))",
      "\\",
      "$'",
      "case",
      "esac",
      "for",
      "do",
      "done",
      "=",
      "*",
    ],
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      readShell(pieces.join(""));
    }),
    { numRuns: 5000 },
  );
  for (const unit of ["$(", "`", "{", "((", "<<E\n", "a;", "a|", "'", "x=1 ", "f(){ ", "\\"]) {
    assert.equal(readShell(unit.repeat(1_000_000 / unit.length)).isSure, false, unit);
    readShell(unit.repeat(250));
  }
});

/** Runs texts in a real Bash whose programs only note how they were called. */
async function callsOf(texts: readonly string[]): Promise<readonly (readonly string[])[]> {
  const folder = await Deno.makeTempDir({ prefix: "agentgate_shell_" });
  try {
    const bin = join(folder, "bin"), log = join(folder, "log");
    await Deno.mkdir(bin);
    // One line a call: name and words, joined by a blank, with line feeds made visible.
    const recorder =
      `#!/bin/sh\nt="\${0##*/}"; for w; do t="$t $w"; done\nprintf '%s\\0' "$t" >> ${log}\n`;
    for (const name of PROGRAMS) {
      await Deno.writeTextFile(join(bin, name), recorder, { mode: 0o755 });
    }
    const driver =
      `while IFS= read -r -d '' text; do bash -c "$text" >/dev/null 2>&1 </dev/null; wait; ` +
      `printf '\\1\\0' >> ${log}; done`;
    const child = new Deno.Command("bash", {
      args: ["-c", driver],
      ...{ cwd: folder, clearEnv: true, stdin: "piped", stdout: "null", stderr: "null" },
      env: { PATH: `${bin}:/usr/bin:/bin`, HOME: folder },
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(texts.map((text) => `${text}\0`).join("")));
    await writer.close();
    assert.equal((await child.status).success, true);
    const runs = (await Deno.readTextFile(log)).split("\x01\0");
    return runs.slice(0, -1).map((run) => run.split("\0").filter((call) => call !== ""));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const PROGRAMS = ["alpha", "beta", "gamma", "delta"];

/** Texts of which every command runs. */
const running: fc.Arbitrary<string> = fc.letrec<{ text: string; simple: string }>((tie) => {
  const word = fc.constantFrom("-rf", "x", "--all", "a b", "it's", "é", "1", ".", "a=b", "~x", "#");
  const spelled = word.chain((text) =>
    fc.constantFrom(
      `'${text.replaceAll("'", "'\\''")}'`,
      `"${text}"`,
      [...text].map((c) => /[a-z=-]/.test(c) ? c : `\\${c}`).join(""),
      `$'${text.replaceAll("'", "\\'")}'`,
      `''${JSON.stringify(text)}`,
    )
  );
  const program = fc.constantFrom(...PROGRAMS).chain((name) =>
    fc.constantFrom(name, `'${name}'`, `\\${name}`, `${name.slice(0, 2)}""${name.slice(2)}`)
  );
  const nested = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  return {
    simple: fc.tuple(program, fc.array(spelled, { maxLength: 3 }))
      .map(([program, words]) => [program, ...words].join(" ")),
    text: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      tie("simple"),
      fc.tuple(tie("text"), tie("text")).map(([a, b]) => `${a}\n${b}`),
      fc.tuple(tie("text"), tie("text")).map(([a, b]) => `{ ${a}\n} | { ${b}\n}`),
      fc.tuple(tie("simple"), tie("simple")).map(([a, b]) => `${a} && ${b}`),
      tie("text").map((a) => `( ${a}\n)`),
      tie("text").map((a) => `x=$( ${a}\n)`),
      tie("text").map((a) => `echo "$( ${a}\n)" > /dev/null`),
      tie("text").map((a) => `for i in 1; do ${a}\ndone`),
      tie("text").map((a) => `if true; then ${a}\nfi`),
      tie("text").map((a) => `f() { ${a}\n}; f`),
      tie("text").map((a) => `case a in (a) ${a}\n;; esac`),
      tie("text").map((a) => `bash -c ${nested(a)}`),
      tie("text").map((a) => `eval ${nested(a)}`),
      tie("text").map((a) => `bash -e <<'END_${a.length}'\n${a}\nEND_${a.length}`),
      tie("simple").map((a) => `env A=1 ${a}`),
      tie("simple").map((a) => `nice -n 1 timeout 5 ${a}`),
      tie("simple").map((a) => `command ${a}`),
      tie("simple").map((a) => `Y=1 2>/dev/null ${a}`),
      tie("simple").map((a) => `exec ${a}`).map((a) => `( ${a} )`),
    ),
  };
}).text;

Deno.test({
  name: "shell(…).commands: what a real Bash runs is what was said, on 2,000 texts",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const texts = fc.sample(running, { numRuns: 2000, seed: 20261126 });
    const ran = await callsOf(texts);
    assert.equal(ran.length, texts.length);
    let calls = 0;
    for (const [i, text] of texts.entries()) {
      const { commands, isSure } = readShell(text);
      const said = commands.filter((command) => PROGRAMS.includes(command.split(" ", 1)[0]!));
      assert.equal(isSure, true, text);
      assert.deepEqual([...new Set(ran[i])].sort(), [...said].sort(), text);
      calls += ran[i]!.length;
    }
    assert.ok(calls > 2000);
  },
});
