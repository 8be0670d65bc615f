import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT } from "./gateway.ts";
import { childEnv } from "./machine.ts";

const CALL =
  '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{}}}';

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a shell line in which `$AGENTGATE` is the program, `$SERVER` a server, `$DENO` Deno. */
async function inShell(line: string, env: Record<string, string> = {}): Promise<Run> {
  const home = await Deno.makeTempDir({ prefix: "agentgate-test-" });
  try {
    const deno = `${Deno.execPath()} run --quiet --no-prompt`;
    const { code, stdout, stderr } = await new Deno.Command("sh", {
      args: ["-c", line],
      cwd: home,
      clearEnv: true,
      env: {
        ...await childEnv(home),
        CALL,
        DENO: deno,
        AGENTGATE: `${deno} -A ${join(PROJECT, "main.ts")}`,
        MAIN: join(PROJECT, "main.ts"),
        SERVER: `${deno} -A ${join(PROJECT, "tests/servers/scripted.ts")}`,
        ...env,
      },
      stdin: "null",
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, stdout: text(stdout), stderr: text(stderr) };
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

const posix = Deno.build.os !== "windows";
function shellTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: !posix, fn });
}

const FROM_FILE = 'echo "$CALL" > in; $AGENTGATE wrap --transport native -- $SERVER';

shellTest("wrap (native) reads from a file and writes into one, after what is there", async () => {
  const { code, stdout } = await inShell(`${FROM_FILE} < in > out; s=$?; cat out; exit $s`);
  assert.equal(code, 0);
  assert.equal(JSON.parse(stdout).id, 1);
  const two = await inShell(`echo before > out; ${FROM_FILE} < in >> out; cat out`);
  assert.match(two.stdout, /^before\n\{"jsonrpc"/);
});

shellTest("wrap (native) ends when its stdin is nothing and its stdout is closed", async () => {
  const { code } = await inShell("$AGENTGATE wrap --transport native -- $SERVER < /dev/null >&-");
  assert.equal(code, 0);
  const closed = await inShell("$AGENTGATE wrap --transport native -- $SERVER <&-");
  assert.equal(closed.code, 0);
});

shellTest("wrap (native) leaves the flags of a shared stdout as they are", async () => {
  // What the shell's own child sees of the same open pipe afterwards.
  const flags =
    "grep flags /proc/self/fdinfo/1 >&2; $AGENTGATE wrap --transport native -- $SERVER" +
    " < in; grep flags /proc/self/fdinfo/1 >&2";
  const { stderr } = await inShell(`echo "$CALL" > in; { ${flags}; } | cat`);
  const seen = stderr.split("\n").filter((line) => line.startsWith("flags"));
  if (Deno.build.os === "linux") assert.equal(seen[0], seen[1]);
});

shellTest(
  "wrap without permission for FFI uses the portable transport, and doctor says why",
  async () => {
    const permissions = "--allow-read --allow-write --allow-env --allow-run --allow-sys";
    const wrapped = await inShell(`echo "$CALL" | $DENO ${permissions} $MAIN wrap -- $SERVER`);
    assert.equal(wrapped.code, 0, wrapped.stderr);
    assert.equal(JSON.parse(wrapped.stdout).id, 1);
    const { stdout } = await inShell(`$DENO ${permissions} --allow-net $MAIN doctor`);
    assert.match(stdout, /Transport in use: portable \(Deno was started without --allow-ffi\)/);
  },
);

shellTest("AGENTGATE_TRANSPORT chooses, and a word that is none stops the start", async () => {
  const env = { AGENTGATE_TRANSPORT: "portable" };
  const { stdout } = await inShell("$AGENTGATE doctor", env);
  assert.match(stdout, /Transport in use: portable \(asked for with AGENTGATE_TRANSPORT\)/);
  const bad = await inShell("$AGENTGATE wrap -- $SERVER", { AGENTGATE_TRANSPORT: "warp" });
  assert.equal(bad.code, 2);
  assert.match(bad.stderr, /there is no transport 'warp' \(given with AGENTGATE_TRANSPORT\)/);
});
