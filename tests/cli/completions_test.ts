import assert from "node:assert/strict";
import { type Home, withHome } from "./agentgate.ts";

/** Whether a shell is on this machine; its test is skipped where it is not. */
function has(shell: string): boolean {
  try {
    return new Deno.Command(shell, { args: ["-c", "true"] }).outputSync().success;
  } catch {
    return false;
  }
}

async function shell(program: string, script: string): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(program, { args: ["-c", script] }).output();
  assert.equal(new TextDecoder().decode(stderr), "");
  return new TextDecoder().decode(stdout);
}

/** What bash offers at the end of a line, given as its words. */
async function bashOffers(home: Home, ...words: readonly string[]): Promise<string[]> {
  const script = await home.write("c.bash", (await home.run(["completions", "bash"])).stdout);
  const list = ["agentgate", ...words].map((word) => `'${word}'`).join(" ");
  const output = await shell(
    "bash",
    `source ${script}; COMP_WORDS=(${list}); COMP_CWORD=${words.length}; _agentgate
     printf '%s\\n' "\${COMPREPLY[@]}"`,
  );
  return output.split("\n").filter(Boolean);
}

Deno.test({
  name: "completions bash offers commands, options and the wrapped program",
  ignore: !has("bash"),
  async fn() {
    await withHome(async (home) => {
      assert.deepEqual(await bashOffers(home, "lo"), ["logs"]);
      assert.deepEqual(await bashOffers(home, "--db", "x", "do"), ["doctor"]);
      assert.deepEqual(await bashOffers(home, "logs", "--se"), ["--server"]);
      assert.deepEqual(await bashOffers(home, "logs", "--db", "=", "x", "--fo"), ["--follow"]);
      const shells = await bashOffers(home, "completions", "");
      assert.deepEqual(shells.slice(0, 4), ["bash", "zsh", "fish", "powershell"]);
      assert.ok((await bashOffers(home, "wrap", "--")).includes("--"));
      assert.ok((await bashOffers(home, "wrap", "--", "bas")).includes("bash"));
      assert.deepEqual(await bashOffers(home, "wrap", "--", "npx", "--c"), []);
      assert.deepEqual(await bashOffers(home, "logs", "--db", ""), []); // file names, by bash itself
      assert.deepEqual(await bashOffers(home, "policy", "ch"), ["check"]);
      assert.deepEqual(await bashOffers(home, "policy", "test", "--j"), ["--junit", "--json"]);
      assert.deepEqual(await bashOffers(home, "policy", "test", "a.toml", "--tog"), ["--together"]);
      assert.deepEqual(await bashOffers(home, "policy", "check", "a"), []); // file names
    });
  },
});

for (const program of ["bash", "zsh", "fish"]) {
  Deno.test({
    name: `completions ${program} prints a script that ${program} parses`,
    ignore: !has(program),
    async fn() {
      await withHome(async (home) => {
        const { code, stdout } = await home.run(["completions", program]);
        assert.equal(code, 0);
        const path = await home.write("script", stdout);
        assert.equal(await shell(program, `${program} -n ${path}`), "");
      });
    },
  });
}

Deno.test({
  name: "completions fish offers commands and options",
  ignore: !has("fish"),
  async fn() {
    await withHome(async (home) => {
      const path = await home.write("c.fish", (await home.run(["completions", "fish"])).stdout);
      const offers = async (line: string) => {
        const output = await shell("fish", `source ${path}; complete -C '${line}'`);
        return output.split("\n").map((offer) => offer.split("\t")[0]).filter(Boolean);
      };
      assert.deepEqual(await offers("agentgate lo"), ["logs"]);
      assert.deepEqual(await offers("agentgate logs --st"), ["--status"]);
      assert.deepEqual(await offers("agentgate completions z"), ["zsh"]);
      assert.ok((await offers("agentgate wrap -- fis")).includes("fish"));
      assert.deepEqual(await offers("agentgate policy ex"), ["explain"]);
      assert.deepEqual(await offers("agentgate policy explain --arg"), ["--arguments"]);
      assert.ok((await offers(`agentgate policy check ${path.slice(0, -3)}`)).includes(path));
    });
  },
});

Deno.test("completions powershell names every command", async () => {
  await withHome(async (home) => {
    const { stdout } = await home.run(["completions", "powershell"]);
    for (const command of ["wrap", "logs", "init", "policy", "policy test", "completions"]) {
      assert.ok(stdout.includes(`'${command}' = @(`));
    }
  });
});
