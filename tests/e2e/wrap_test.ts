import assert from "node:assert/strict";
import { join } from "node:path";
import { isAlive } from "./machine.ts";
import { readRows, scripted, withWrap } from "./gateway.ts";
import { gatewayTest, transportOptions } from "./transports.ts";

const posix = Deno.build.os !== "windows";
const call = (id: number | string, args: unknown = {}) => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name: "echo", arguments: args },
});

gatewayTest("wrap relays a call, records it and ends with the server's code", async () => {
  await withWrap(scripted(), { options: ["--name", "scripted"] }, async (wrap) => {
    await wrap.send(call(1, { path: "/a" }));
    const answer = await wrap.next();
    assert.equal(answer.id, 1);
    assert.equal(answer.result.content[0].text, '{"name":"echo","arguments":{"path":"/a"}}');
    await wrap.closeInput();
    assert.deepEqual(await wrap.rest(), []);
    assert.equal((await wrap.child.status).code, 0);
    const [row, ...more] = wrap.rows();
    assert.deepEqual(more, []);
    assert.equal(row.server_name, "scripted");
    assert.equal(row.arguments, '{"path":"/a"}');
    assert.equal(row.status, "allowed");
    assert.equal(row.outcome, "ok");
  });
});

gatewayTest("wrap delivers the answers that are open when the agent closes its end", async () => {
  await withWrap(scripted("--slow", "300"), {}, async (wrap) => {
    await wrap.send(call(1), call(2));
    await wrap.closeInput();
    assert.deepEqual((await wrap.rest()).map((m) => m.id), [1, 2]);
    assert.equal((await wrap.child.status).code, 0);
  });
});

gatewayTest("wrap ends at once with the server, though its own input stays open", async () => {
  await withWrap(scripted("--exit", "7"), {}, async (wrap) => {
    await wrap.send(call(1));
    const [gone, ...more] = await wrap.rest();
    assert.equal(gone.error.code, -31032);
    assert.deepEqual(more, []);
    assert.equal((await wrap.child.status).code, 7);
    assert.deepEqual(wrap.rows().map((r) => [r.outcome, r.detail]), [[
      "server_gone",
      "exit code 7",
    ]]);
  });
});

gatewayTest({
  name: "wrap ends with 128 + n when the server is killed by signal n",
  ignore: !posix,
  fn: async () => {
    await withWrap(scripted("--die", "SIGKILL"), {}, async (wrap) => {
      await wrap.send(call(1));
      await wrap.rest();
      assert.equal((await wrap.child.status).code, 137);
      assert.equal(wrap.rows()[0].detail, "SIGKILL");
    });
  },
});

gatewayTest(
  "wrap says in one line that a command cannot be started, and ends with 127",
  async () => {
    await withWrap(["no-such-program-anywhere", "x"], {}, async (wrap) => {
      assert.deepEqual(await wrap.rest(), []);
      assert.equal((await wrap.child.status).code, 127);
      await wrap.stderrHas("no-such-program-anywhere");
      assert.equal(wrap.stderr().trim().split("\n").length, 1);
    });
  },
);

gatewayTest("wrap keeps from the agent what is not JSON-RPC, and shows it on stderr", async () => {
  await withWrap(scripted("--noise"), {}, async (wrap) => {
    await wrap.send(call(1));
    assert.equal((await wrap.next()).id, 1);
    await wrap.stderrHas("\na log line that went to stdout\n");
    await wrap.closeInput();
    assert.deepEqual(await wrap.rest(), []);
    await wrap.stderrHas("refused=0");
  });
});

gatewayTest("wrap shows every line that the server prints, and notes it once", async () => {
  const server = [Deno.execPath(), "eval", "for (let i = 0; i < 5000; i++) console.log('line', i)"];
  await withWrap(server, {}, async (wrap) => {
    await wrap.stderrHas("refused=0");
    const shown = wrap.stderr().split("\n").filter((line) => line.startsWith("line "));
    assert.deepEqual(shown, Array.from({ length: 5000 }, (_, i) => `line ${i}`));
    assert.equal(wrap.stderr().split("its lines go to stderr").length, 2);
  });
});

gatewayTest(
  "wrap gives a call up after call_timeout_seconds and drops the late answer",
  async () => {
    const config = "call_timeout_seconds = 0.2\n";
    await withWrap(scripted("--slow", "600"), { config }, async (wrap) => {
      await wrap.send(call(1));
      assert.equal((await wrap.next()).error.code, -31031);
      await wrap.closeInput();
      assert.deepEqual(await wrap.rest(), []);
      const [row] = wrap.rows();
      assert.deepEqual([row.status, row.outcome, row.policy_hit], [
        "error",
        "timed_out",
        "timeout",
      ]);
    });
  },
);

gatewayTest("wrap asks a server to stop that ignores the end of its input", async () => {
  await withWrap(scripted("--ignore-eof"), {}, async (wrap) => {
    await wrap.send(call(1));
    await wrap.next();
    const closed = performance.now();
    await wrap.closeInput();
    await wrap.rest();
    const { code } = await wrap.child.status;
    const took = performance.now() - closed;
    assert.equal(code, posix ? 143 : 1);
    assert.ok(took > 4900 && took < 6500, `${took} ms`);
  });
});

for (const [signal, number] of [["SIGTERM", 15], ["SIGINT", 2], ["SIGHUP", 1]] as const) {
  gatewayTest({
    name: `wrap passes ${signal} on to the server and ends with its code`,
    ignore: !posix,
    fn: async () => {
      await withWrap(scripted("--tell-signals", "--ready"), {}, async (wrap) => {
        await wrap.stderrHas("ready");
        await wrap.send(call(1));
        await wrap.next();
        wrap.child.kill(signal);
        await wrap.rest();
        assert.equal((await wrap.child.status).code, 40 + number);
        assert.equal(wrap.rows().length, 1);
      });
    },
  });
}

gatewayTest({
  name: "wrap kills the whole group of a server that ignores signals, within two seconds",
  ignore: !posix,
  fn: async () => {
    const inner = scripted("--ignore-signals", "--mute", "--ready");
    const shell = [
      "sh",
      "-c",
      'trap "" TERM; exec 3<&0; "$@" <&3 & echo "inner $!" >&2; wait; wait',
      "sh",
    ];
    await withWrap([...shell, ...inner], {}, async (wrap) => {
      await wrap.stderrHas("ready");
      const inner = Number(/inner (\d+)/.exec(wrap.stderr())![1]);
      await wrap.send(call(1));
      const asked = performance.now();
      wrap.child.kill("SIGTERM");
      await wrap.rest();
      assert.equal((await wrap.child.status).code, 137);
      assert.ok(performance.now() - asked < 2000);
      assert.equal(await isAlive(inner), false);
      assert.equal(wrap.rows()[0].outcome, "agent_gone");
    });
  },
});

gatewayTest({
  name: "wrap leaves no process behind when a wrapper like npx dies before its server",
  ignore: !posix,
  fn: async () => {
    const shell = [
      "sh",
      "-c",
      'exec 3<&0; "$@" <&3 & echo "inner $!" >&2; sleep 0.3; exit 3',
      "sh",
    ];
    await withWrap([...shell, ...scripted("--ignore-eof", "--ready")], {}, async (wrap) => {
      await wrap.stderrHas("inner ");
      await wrap.rest();
      const inner = Number(/inner (\d+)/.exec(wrap.stderr())![1]);
      assert.equal((await wrap.child.status).code, 3);
      assert.equal(await isAlive(inner), false);
    });
  },
});

gatewayTest({
  name: "wrap ends when the agent has gone without a word",
  ignore: !posix,
  fn: async () => {
    await withWrap(scripted("--slow", "200"), {}, async (wrap) => {
      await wrap.send(call(1));
      await wrap.next();
      await wrap.child.stdout.cancel().catch(() => {});
      await wrap.closeInput();
      await wrap.child.status;
      assert.equal(wrap.rows().length, 1);
    });
  },
});

gatewayTest("wrap answers every call though nobody reads its stderr", async () => {
  const setup = { config: 'log_level = "debug"\n', undrainedStderr: true };
  await withWrap(scripted(), setup, async (wrap) => {
    const ids = Array.from({ length: 3000 }, (_, i) => i);
    const sending = wrap.send(...ids.map((id) => call(id, { text: "x".repeat(100) })));
    for (const id of ids) assert.equal((await wrap.next()).id, id);
    await sending;
    await wrap.closeInput();
    await wrap.rest();
    assert.equal((await wrap.child.status).code, 0);
    assert.equal(wrap.rows().length, 3000);
  });
});

gatewayTest(
  "wrap puts nothing but JSON-RPC on stdout, also at debug level and in JSON",
  async () => {
    const setup = { config: 'log_level = "debug"\nlog_format = "json"\n' };
    await withWrap(scripted("--noise"), setup, async (wrap) => {
      await wrap.send(
        call(1),
        "not json\n",
        '{"jsonrpc":"2.0","id":9,"method":"tools/call"}\n',
        call(2),
      );
      const ids = [];
      while (ids.length < 3) ids.push((await wrap.next()).id);
      assert.deepEqual(ids.sort(), [1, 2, 9]);
      await wrap.closeInput();
      assert.deepEqual(await wrap.rest(), []);
      await wrap.child.status;
      for (const line of wrap.stderr().trim().split("\n")) JSON.parse(line);
    });
  },
);

gatewayTest("wrap passes the environment and the working directory on", async () => {
  const code = "console.log(JSON.stringify({jsonrpc:'2.0',method:'x/env'," +
    "params:{probe:Deno.env.get('PROBE'),cwd:Deno.cwd()}}))";
  const env = { PROBE: "seen" };
  await withWrap([Deno.execPath(), "eval", code], { env }, async (wrap) => {
    const { params } = await wrap.next();
    assert.deepEqual(params, { probe: "seen", cwd: Deno.cwd() });
  });
});

gatewayTest({
  name: "wrap stops a server that has closed its own input, and nobody else holds it open",
  ignore: !posix,
  fn: async () => {
    await withWrap(["sh", "-c", "exec 0<&-; sleep 60"], {}, async (wrap) => {
      await wrap.send(call(1));
      const [gone] = await wrap.rest();
      assert.equal(gone.error.code, -31032);
      assert.equal((await wrap.child.status).code, 143);
      assert.deepEqual(wrap.rows().map(({ outcome }) => outcome), ["server_gone"]);
    });
  },
});

gatewayTest("wrap starts the server with the words it was given and no others", async () => {
  const folder = await Deno.makeTempDir({ prefix: "agentgate-test-" });
  try {
    const script = join(folder, "server.ts");
    await Deno.writeTextFile(
      script,
      `const { state } = Deno.permissions.querySync({ name: "run" });
       console.log(JSON.stringify({ jsonrpc: "2.0", method: "x/run", params: { state, args: Deno.args } }));`,
    );
    const words = ["a b", "$HOME", "", "-A", "*"];
    await withWrap([Deno.execPath(), "run", "--quiet", script, ...words], {}, async (wrap) => {
      assert.deepEqual((await wrap.next()).params, { state: "prompt", args: words });
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

gatewayTest("wrap with strict durability stores the call before the server sees it", async () => {
  const config = '[audit]\ndurability = "strict"\n';
  await withWrap(scripted("--mute", "--ready", "--noise"), { config }, async (wrap) => {
    await wrap.send(call(1, { n: 1 }));
    await wrap.stderrHas("a log line that went to stdout");
    assert.deepEqual(wrap.rows().map((r) => [r.outcome, r.arguments]), [["open", '{"n":1}']]);
    wrap.child.kill("SIGKILL");
    await wrap.child.status;
    assert.equal(readRows(wrap.dbPath).length, 1);
  });
});

gatewayTest("wrap refuses to start when the audit log cannot be opened", async () => {
  const blocked = join(await Deno.makeTempDir({ prefix: "agentgate-test-" }), "file");
  await Deno.writeTextFile(blocked, "not a folder");
  try {
    const options = ["--db", join(blocked, "logs.db"), ...transportOptions()];
    await withWrap(scripted(), {}, async () => {}); // warm
    const child = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "main.ts", "wrap", ...options, "--", ...scripted()],
      stdin: "null",
    }).output();
    assert.notEqual(child.code, 0);
    assert.equal(child.stdout.length, 0);
    assert.match(new TextDecoder().decode(child.stderr), /logs\.db/);
  } finally {
    await Deno.remove(join(blocked, ".."), { recursive: true });
  }
});
