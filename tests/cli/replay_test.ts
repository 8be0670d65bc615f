import assert from "node:assert/strict";
import { rule } from "../policy/harness.ts";
import { recorded } from "../simulate/recorder.ts";
import { Home } from "./agentgate.ts";

const DENY = rule("no-rm", { action: "deny", condition: "arguments.command contains 'rm'" });
const MASK = rule("keys", { action: "redact", pattern: "sk-[a-z]+" });

Deno.test("agentgate policy replay ends with 0, 1, 2 or 3, as what it found says", () =>
  recorded(DENY + MASK, (recorder) => {
    const session = recorder.session();
    for (const command of ["ls", "rm x", "sk-abc"]) recorder.call(session, "bash", { command });
  }, async (db, folder) => {
    const home = new Home(folder);
    const replay = (...args: string[]) => home.run(["policy", "replay", ...args, "--db", db]);
    const write = (name: string, text: string) => home.write(name, text);
    const own = await replay();
    assert.equal(own.code, 0, own.stderr);
    assert.equal(
      own.stdout,
      "3 calls: 3 as before, 0 looser, 0 tighter, 0 other rule; 1 inexact; 0 not asked\n",
    );
    assert.equal((await replay("--strict")).code, 3);
    const looser = await write("looser.toml", '[metadata]\ndefault = "allow"\n');
    const found = await replay(looser);
    assert.equal(found.code, 1);
    assert.match(
      found.stdout,
      /^LOOSER .* bash +deny:no-rm → allow:default .*\{"command":"rm x"\}/,
    );
    const expected = await write("expect.toml", '[[expect]]\ntool = "bash"\nrule = "no-rm"\n');
    assert.equal((await replay(looser, "--expect", expected)).code, 0);
    const unmet = await write("unmet.toml", '[[expect]]\ntool = "other"\n');
    assert.equal((await replay("--expect", unmet)).code, 1);
    assert.equal((await replay(await write("broken.toml", "x ="))).code, 2);
  }));
