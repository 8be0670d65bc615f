import assert from "node:assert/strict";
import { recorded } from "../simulate/recorder.ts";
import { Home } from "./agentgate.ts";

Deno.test("agentgate policy learn writes a policy that checks, passes its tests and refuses nothing", () =>
  recorded('[metadata]\ndefault = "allow"\n', (recorder, folder) => {
    const session = recorder.session();
    for (const file of ["a.txt", "b.txt", "c.txt"]) {
      recorder.call(session, "read", { path: `${folder}/docs/${file}` });
    }
  }, async (db, folder) => {
    const home = new Home(folder);
    const run = (...args: string[]) => home.run(["policy", ...args, "--db", db]);
    const printed = await run("learn", "--root", folder);
    assert.equal(printed.code, 0, printed.stderr);
    assert.match(printed.stdout, /path\(arguments\.path\) within '[^']*\/docs'/);
    const file = home.path("learned.toml");
    assert.equal((await run("learn", "--out", file)).code, 0);
    assert.equal(await Deno.readTextFile(file), printed.stdout);
    assert.equal((await home.run(["policy", "check", file])).code, 0);
    assert.equal((await home.run(["policy", "test", file])).code, 0);
    const replayed = await run("replay", file);
    assert.equal(replayed.code, 0);
    assert.match(replayed.stdout, /0 looser, 0 tighter/);
    const again = await run("learn", "--out", file);
    assert.equal(again.code, 2);
    assert.match(again.stderr, /learned\.toml is there already, and learning overwrites nothing/);
    assert.equal(await Deno.readTextFile(file), printed.stdout);
  }));

Deno.test("agentgate policy learn says what is wrong with its options", () =>
  recorded('[metadata]\ndefault = "allow"\n', () => {}, async (db, folder) => {
    const home = new Home(folder);
    const wrong = [
      [["--min-calls", "0"], /--min-calls "0" is not a number from 1/],
      [["--tests", "x"], /--tests "x" is not a number from 0/],
      [["--since", "once"], /--since "once"/],
      [["--db", home.path("none.db")], /none\.db/],
      [["--out", home.path("no", "such", "folder.toml")], /cannot write/],
    ] as const;
    for (const [args, message] of wrong) {
      const ended = await home.run(["policy", "learn", "--db", db, ...args]);
      assert.equal(ended.code, 2, args.join(" "));
      assert.match(ended.stderr, message);
    }
    const empty = await home.run(["policy", "learn", "--db", db]);
    assert.equal(empty.code, 0);
    assert.match(empty.stdout, /There was nothing to learn from/);
  }));
