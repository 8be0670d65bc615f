import { join } from "node:path";
import type { Agent } from "./agent.ts";
import { connectV1 } from "./client_v1.ts";
import { connectV2 } from "./client_v2.ts";
import { assertTransparent, npmServer, type Scenario, type Step } from "./compare.ts";
import { gatewayTest } from "../transports.ts";

const GRAPH = "memory://knowledge-graph";

function call(name: string, args: Record<string, unknown> = {}, title = name): Step<Agent> {
  return { name: title, run: (agent) => agent.callTool(name, args) };
}

const bee = { name: "Bee", entityType: "insect", observations: ["buzzes", "Grüße \u{1f600}"] };
const clover = { name: "Clover", entityType: "plant", observations: [] };
const visits = { from: "Bee", to: "Clover", relationType: "visits" };

const STEPS: readonly Step<Agent>[] = [
  { name: "facts", run: (agent) => agent.facts() },
  { name: "tools/list", run: (agent) => agent.listTools() },
  { name: "resources/list", run: (agent) => agent.listResources() },
  { name: "resources/subscribe", run: (agent) => agent.subscribe(GRAPH) },
  call("read_graph", {}, "an empty graph"),
  call("create_entities", { entities: [bee, clover] }),
  { name: "an update", run: ({ inbox }) => inbox.next("notifications/resources/updated") },
  call("create_relations", { relations: [visits] }),
  call("add_observations", { observations: [{ entityName: "Bee", contents: ["flies"] }] }),
  call(
    "add_observations",
    { observations: [{ entityName: "Nobody", contents: ["x"] }] },
    "no such entity",
  ),
  call("create_entities", { entities: [{ name: 1 }] }, "an argument of the wrong type"),
  call("search_nodes", { query: "insect" }),
  call("open_nodes", { names: ["Clover"] }),
  call("read_graph"),
  { name: "resources/read", run: (agent) => agent.readResource(GRAPH) },
  { name: "resources/unsubscribe", run: (agent) => agent.unsubscribe(GRAPH) },
  call("delete_observations", { deletions: [{ entityName: "Bee", observations: ["buzzes"] }] }),
  call("delete_relations", { relations: [visits] }),
  call("delete_entities", { entityNames: ["Clover"] }),
  {
    name: "what is on the disk",
    run: (_, { folder }) => Deno.readTextFile(join(folder, "memory.jsonl")),
  },
];

const memory: Scenario<Agent> = {
  server: () => npmServer("memory"),
  env: ({ folder }) => ({ MEMORY_FILE_PATH: join(folder, "memory.jsonl") }),
  steps: STEPS,
  outcomes: ["ok", "tool_error"],
};

gatewayTest("server-memory answers the v1 client alike through the gateway", async () => {
  await assertTransparent(memory, connectV1);
});

gatewayTest("server-memory answers the v2 client alike through the gateway", async () => {
  await assertTransparent(memory, connectV2);
});

gatewayTest(
  "server-memory answers a v2 client that probes for 2026-07-28 alike through the gateway",
  async () => {
    await assertTransparent(memory, (setup) => connectV2(setup, "auto"));
  },
);
