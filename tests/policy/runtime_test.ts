import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { PolicyRuntime } from "../../src/policy/runtime.ts";
import { MemoryLog } from "../audit/support.ts";
import { answer, call, Harness, request } from "../session/harness.ts";
import { batch, Holding } from "../session/holding.ts";

const denying = (tool: string) => `[[rules]]\nid = "no"\ntool = "${tool}"\naction = "deny"\n`;

/** Runs `body` with the runtime of a policy file. */
async function withRuntime(
  policy: string,
  body: (runtime: PolicyRuntime, file: string, log: MemoryLog) => Promise<void> | void,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "agentgate_runtime_" });
  const file = join(folder, "policy.toml"), log = new MemoryLog();
  const options = {
    files: [file],
    server: "server",
    hideDeniedTools: false,
    resolvePaths: true,
    methods: undefined,
    maxScanMs: 1000,
    maxScanWork: 1e9,
    log,
  };
  try {
    await Deno.writeTextFile(file, policy);
    await body(await PolicyRuntime.load(options), file, log);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("PolicyRuntime has in force what was read last, however long a reading before it takes", () =>
  withRuntime(denying("first"), async (runtime, file) => {
    const { readFile } = Deno, read = Promise.withResolvers<void>();
    const slow = Promise.withResolvers<void>();
    Deno.readFile = async (path) => {
      Deno.readFile = readFile;
      const bytes = await readFile(path);
      read.resolve();
      await slow.promise;
      return bytes;
    };
    await Deno.writeTextFile(file, denying("second"));
    const first = runtime.reload();
    await read.promise;
    await Deno.writeTextFile(file, denying("third"));
    const second = runtime.reload();
    assert.equal(runtime.isBusy, true);
    // Time enough to overtake it.
    setTimeout(slow.resolve, 50);
    await Promise.all([first, second]);
    assert.equal(runtime.isBusy, false);
    const h = new Harness({ stages: runtime.connect("s", () => {}).decide });
    for (const tool of ["first", "second"]) assert.notEqual(h.agent(call(tool, tool)).server, "");
    assert.equal(h.agent(call("third", "third")).server, "");
  }));

Deno.test("PolicyRuntime redacts every call of a held batch by its own arguments", () =>
  withRuntime(
    `[[rules]]\nid = "r"\ntool = "*"\naction = "redact"\npattern = 'secret'\non = "arguments"\n` +
      `condition = "arguments.mark == 'yes'"\n`,
    (runtime) => {
      const { decide, redact } = runtime.connect("s", () => {}), holding = new Holding(false);
      const h = new Harness({ stages: [...decide, ...redact, holding.stage] });
      const args = { mark: "yes", text: "secret" };
      const chunk = new TextEncoder().encode(batch(call(1, "hold"), call(2, "other", args)));
      h.agent(chunk);
      // The transport uses its buffer again, and the session its scanner.
      chunk.fill(0x20);
      h.agent(call(3, "other", { mark: "no" }));
      holding.held[0]!();
      const { server } = h.take();
      assert.ok(server.includes('"mark":"yes"') && !server.includes("secret"), server);
    },
  ));

Deno.test("PolicyRuntime redacts the record of a task's result, whatever was said of the task before", () =>
  withRuntime(
    `[[rules]]\nid = "r"\ntool = "*"\naction = "redact"\npattern = 'secret'\n`,
    (runtime) => {
      const { decide, redact } = runtime.connect("s", () => {});
      const h = new Harness({ stages: [...decide, ...redact] });
      const task = (status: string, result?: unknown) => ({ taskId: "t", status, result });
      h.agent(call(1));
      h.server(answer(1, { task: task("working") }));
      h.agent(request(2, "tasks/get", { taskId: "t" }));
      h.server(answer(2, task("working")));
      const params = task("completed", { text: "secret" });
      h.server(JSON.stringify({ jsonrpc: "2.0", method: "notifications/tasks", params }) + "\n");
      assert.deepEqual(h.amended.map(({ result }) => result), ['{"text":"[REDACTED]"}']);
    },
  ));

Deno.test("PolicyRuntime says when a file of rules for secrets has fewer than before", () =>
  withRuntime(denying("x"), async (runtime, file, log) => {
    const rules = join(dirname(file), "rules.toml");
    const write = (count: number) =>
      Deno.writeTextFile(
        rules,
        Array.from({ length: count }, (_, i) => `[[rules]]\nid = "r${i}"\nregex = "x${i}"\n`).join(
          "",
        ),
      );
    await write(3);
    await Deno.writeTextFile(file, `[redaction]\nrules = "rules.toml"\n${denying("x")}`);
    await runtime.reload();
    await write(1);
    await runtime.reload();
    assert.deepEqual([runtime.reloads, runtime.failedReloads], [2, 0]);
    assert.match(
      JSON.stringify(log.lines.at(-1)),
      /warn.*policy reloaded.*secret_rules_removed":2/,
    );
  }));
