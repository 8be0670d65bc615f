import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Config, loadConfig } from "../../src/config/config.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import { StdioExchange } from "../../src/transport/stdio_exchange.ts";
import { MemoryLog } from "../audit/support.ts";
import { answer, request } from "../session/harness.ts";

/** Runs `body` with a gateway made from the text of a config and, perhaps, of a policy. */
async function withGateway(
  { config = "", policy }: { config?: string; policy?: string },
  body: (gateway: Gateway, rewritePolicy: (text: string) => Promise<void>) => unknown,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "agentgate_gateway_" });
  try {
    const policyFile = join(folder, "policy.toml");
    const writePolicy = (text: string) => Deno.writeTextFile(policyFile, text);
    if (policy !== undefined) await writePolicy(policy);
    await Deno.writeTextFile(join(folder, "config.toml"), config);
    const loaded: Config = await loadConfig({
      path: join(folder, "config.toml"),
      ...(policy === undefined ? {} : { policies: [policyFile] }),
      env: { AGENTGATE_HOME: folder },
    });
    const gateway = await Gateway.open({
      config: loaded,
      log: new MemoryLog(),
      serverName: "server",
    });
    try {
      await body(gateway, async (text) => {
        await writePolicy(text);
        await gateway.policy?.reload();
      });
    } finally {
      await gateway.close();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function rowsOf({ config }: Gateway): unknown[] {
  using db = new DatabaseSync(config.dbPath, { readOnly: true });
  const rows = db.prepare("SELECT outcome, forwarded FROM tool_invocations").all();
  return rows.map((row) => ({ ...row }));
}

const connect = (gateway: Gateway, tellAgent: (json: string) => void = () => {}) =>
  gateway.connect({ sessionId: crypto.randomUUID(), tellAgent });

const LIMITS = "[rate_limits]\nglobal_max_calls_per_minute = 5\n";
const STRICT = '[audit]\ndurability = "strict"\n';
const rule = (tool: string) => `[[rules]]\nid = "no"\ntool = "${tool}"\naction = "deny"\n`;

Deno.test("Gateway ships its stages in the order of the drawing", () =>
  withGateway({ config: LIMITS + STRICT, policy: rule("x") }, (gateway) => {
    assert.deepEqual(connect(gateway).stages, [
      "audit",
      "self",
      "policy",
      "limits",
      "circuit-breaker",
      "catalogue",
      "redaction",
      "audit",
    ]);
  }));

Deno.test("Gateway leaves out the stages that have nothing to do", () =>
  withGateway({}, (gateway) => {
    assert.deepEqual(connect(gateway).stages, ["audit", "self", "circuit-breaker"]);
  }));

Deno.test("Gateway has no breaker when the config says so", () =>
  withGateway({ config: "[circuit_breaker]\nenabled = false\n" }, (gateway) => {
    assert.deepEqual(connect(gateway).stages, ["audit", "self"]);
  }));

Deno.test("Gateway does not guard its own files when the config says so", () =>
  withGateway({ config: "[policy]\nprotect_self = false\n" }, (gateway) => {
    assert.deepEqual(connect(gateway).stages, ["audit", "circuit-breaker"]);
  }));

Deno.test("Gateway tells each session of a reload that hides tools, until it is closed", () =>
  withGateway({ policy: rule("other") }, async (gateway, rewritePolicy) => {
    const told: string[] = [];
    const connections = ["a", "b"].map((name) => {
      const connection = connect(
        gateway,
        (json) => told.push(`${name} ${JSON.parse(json).method}`),
      );
      const exchange = new StdioExchange(connection.session, 65_536, () => {}, assert.ifError);
      const encoder = new TextEncoder();
      const say = (direction: "to_server" | "to_agent", text: string) =>
        exchange.receive(direction, encoder.encode(text));
      say("to_server", request(1, "initialize") + request(2, "tools/list"));
      say("to_agent", answer(1, { capabilities: { tools: { listChanged: true } } }));
      say("to_agent", answer(2, { tools: [{ name: "x" }, { name: "y" }] }));
      return connection;
    });
    await rewritePolicy(rule("x"));
    assert.deepEqual(told, ["a", "b"].map((name) => `${name} notifications/tools/list_changed`));
    connections[0]!.close();
    await rewritePolicy(rule("y"));
    assert.equal(told.length, 3);
    connections[1]!.close();
    await rewritePolicy(rule("x"));
    assert.equal(told.length, 3);
  }));

Deno.test("Gateway shares limits between its sessions", () =>
  withGateway({ config: LIMITS }, (gateway) => {
    let answered = 0;
    for (let session = 0; session < 3; session++) {
      const exchange = new StdioExchange(
        connect(gateway).session,
        65_536,
        () => {},
        assert.ifError,
      );
      for (let id = 0; id < 2; id++) {
        const params = { name: "x" };
        const line = JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params });
        exchange.receive("to_server", new TextEncoder().encode(line + "\n"));
        const refused = exchange.toAgent.next();
        if (refused === undefined) answered++;
        else exchange.toAgent.wrote(refused.length);
      }
    }
    assert.equal(answered, 5);
  }));

Deno.test("Connection ends what is open when it is closed, and leaves nothing behind", () =>
  withGateway({ config: "call_timeout_seconds = 60\n" + STRICT }, async (gateway) => {
    const connection = connect(gateway), { context } = gateway;
    const exchange = new StdioExchange(connection.session, 65_536, () => {}, assert.ifError);
    const params = { name: "x" };
    const line = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }) + "\n";
    exchange.receive("to_server", new TextEncoder().encode(line));
    assert.equal(context.held.size, 1);
    connection.close();
    assert.deepEqual([context.held.size, context.deadlines.next], [0, null]);
    await gateway.audit.flush();
    assert.equal(exchange.toServer.next(), undefined);
    assert.deepEqual(rowsOf(gateway), [{ outcome: "agent_gone", forwarded: 0 }]);
  }));
