import { join } from "node:path";
import type { Agent } from "./agent.ts";
import { connectV1 } from "./client_v1.ts";
import { connectV2 } from "./client_v2.ts";
import { assertTransparent, npmServer, type Place, type Scenario, type Step } from "./compare.ts";
import { gatewayTest } from "../transports.ts";

/** A step that is no more than one call; `args` may speak of the run's folder. */
function call(
  name: string,
  args: (at: (path: string) => string) => Record<string, unknown>,
  title = name,
): Step<Agent> {
  return {
    name: title,
    run: (agent, { folder }) => agent.callTool(name, args((path) => join(folder, path))),
  };
}

const PIXEL = Uint8Array.fromHex("89504e470d0a1a0a0000000d49484452");

async function prepare({ folder }: Place): Promise<void> {
  await Deno.writeTextFile(join(folder, "hello.txt"), "Grüße\n\u{1f600} two\r\nthree\u2028\n");
  await Deno.mkdir(join(folder, "sub"));
  await Deno.writeTextFile(join(folder, "sub", "deep.md"), "# Deep\n");
  await Deno.writeFile(join(folder, "pixel.png"), PIXEL);
  await Deno.writeFile(join(folder, "sound.mp3"), PIXEL.slice(0, 12));
  await Deno.writeFile(join(folder, "data.bin"), PIXEL.slice(0, 8));
  await Deno.writeTextFile(join(folder, "large.txt"), "0123456789abcdé\n".repeat(8_192));
}

const STEPS: readonly Step<Agent>[] = [
  { name: "facts", run: (agent) => agent.facts() },
  { name: "tools/list", run: (agent) => agent.listTools() },
  call("list_allowed_directories", () => ({})),
  call("read_file", (at) => ({ path: at("hello.txt") })),
  call("read_text_file", (at) => ({ path: at("hello.txt"), head: 2 })),
  call("read_text_file", (at) => ({ path: at("hello.txt"), tail: 1 }), "the last line"),
  call("read_text_file", (at) => ({ path: at("large.txt") }), "a file larger than a pipe"),
  call("read_text_file", (at) => ({ path: at("nowhere.txt") }), "a file that is not there"),
  call("read_text_file", () => ({ path: "/etc/passwd" }), "a file that is not allowed"),
  call("read_text_file", () => ({ path: 7 }), "an argument of the wrong type"),
  call("read_media_file", (at) => ({ path: at("pixel.png") })),
  call("read_media_file", (at) => ({ path: at("sound.mp3") }), "a sound"),
  call("read_media_file", (at) => ({ path: at("data.bin") }), "an embedded resource"),
  call("read_multiple_files", (at) => ({ paths: [at("hello.txt"), at("no"), at("sub/deep.md")] })),
  call("write_file", (at) => ({ path: at("new.txt"), content: "one\ntwo\n\u0000\u{1f600}\n" })),
  call("edit_file", (at) => ({
    path: at("new.txt"),
    edits: [{ oldText: "two", newText: 'zwei "2" \\ $&' }],
  })),
  call("edit_file", (at) => ({
    path: at("new.txt"),
    edits: [{ oldText: "never written", newText: "" }],
    dryRun: true,
  }), "an edit that does not fit"),
  call("read_text_file", (at) => ({ path: at("new.txt") }), "what was written"),
  call("create_directory", (at) => ({ path: at("a/b") })),
  call("move_file", (at) => ({ source: at("new.txt"), destination: at("a/b/moved.txt") })),
  call("list_directory", (at) => ({ path: at("sub") })),
  call("list_directory_with_sizes", (at) => ({ path: at("."), sortBy: "size" })),
  call("directory_tree", (at) => ({ path: at("a") })),
  call("search_files", (at) => ({ path: at("."), pattern: "**/*.md" })),
  call("get_file_info", (at) => ({ path: at("a/b/moved.txt") })),
  {
    name: "what is on the disk",
    run: (_, { folder }) => Deno.readTextFile(join(folder, "a/b/moved.txt")),
  },
];

const filesystem: Scenario<Agent> = {
  server: ({ folder }) => npmServer("filesystem", folder),
  prepare,
  steps: STEPS,
  outcomes: ["ok", "tool_error"],
};

gatewayTest("server-filesystem answers the v1 client alike through the gateway", async () => {
  await assertTransparent(filesystem, connectV1);
});

gatewayTest("server-filesystem answers the v2 client alike through the gateway", async () => {
  await assertTransparent(filesystem, connectV2);
});

gatewayTest(
  "server-filesystem takes its folders from the client's roots through the gateway",
  async () => {
    const rooted: Scenario<Agent> = {
      // Without a folder of its own it can do nothing before the roots have come.
      server: () => npmServer("filesystem"),
      roots: true,
      prepare,
      steps: [
        {
          name: "the roots are in force",
          run: async (agent, { folder }) => {
            for (let tries = 0; tries < 1000; tries++) { // no message tells when; an answer does
              const answer = await agent.callTool("list_allowed_directories", {});
              if (JSON.stringify(answer).includes(folder)) return answer;
            }
            throw new Error("the roots have not come");
          },
        },
        call("read_text_file", (at) => ({ path: at("hello.txt") })),
      ],
      outcomes: ["ok"],
      uncalled: "any",
    };
    await assertTransparent(rooted, connectV1);
  },
);
