import assert from "node:assert/strict";
import { serverNameOf } from "../../src/cli/server_name/server_name.ts";

/** A command line, words parted by one space, and the name that a person would give the server. */
const CASES: readonly (readonly [command: string, name: string])[] = [
  ["/usr/bin/mcp-fs --x", "mcp-fs"],
  ["./target/release/My-Server", "My-Server"],
  ["C:\\tools\\server.EXE --stdio", "server"],
  ["/opt/tool/", "tool"],
  ["constructor", "constructor"],

  [
    "npx -y @modelcontextprotocol/server-filesystem@1.2 /tmp",
    "@modelcontextprotocol/server-filesystem",
  ],
  ["npx mcp-remote@latest https://mcp.example.com/sse", "mcp-remote"],
  ["npx --package foo@1 bar", "bar"],
  ["npx --yes --package=foo -- bar --flag", "bar"],
  ["npx -p @scope/tools@2 @scope/tool", "@scope/tool"],
  ["npx github:user/repo", "repo"],
  ["npx tsx src/weather.ts", "weather"],
  ["npx ./local/server.js", "server"],
  ["npx -c something", "npx"],
  ["npx", "npx"],
  ["npm exec --yes @scope/pkg@1.0.0 -- --port 1", "@scope/pkg"],
  ["npm x pkg", "pkg"],
  ["npm start", "npm"],
  ["pnpm dlx pkg@2", "pkg"],
  ["pnpm --dir /x dlx pkg", "pkg"],
  ["yarn dlx -p typescript pkg", "pkg"],
  ["bunx @scope/pkg", "@scope/pkg"],
  ["bun x pkg@1", "pkg"],
  ["bun run server.ts", "server"],
  ["bun server.ts", "server"],

  ["uvx mcp-server-git --repository /x", "mcp-server-git"],
  ["uvx mcp-server-git==1.2", "mcp-server-git"],
  ["uvx mcp[cli]>=1.0", "mcp"],
  ["uvx --from git+https://github.com/a/b@v1 tool", "tool"],
  ["uvx git+https://github.com/a/b.git@v1", "b"],
  ["uv run x", "x"],
  ["uv --directory /srv/weather run weather.py", "weather"],
  ["uv run --with mcp mcp run server.py", "server"],
  ["uv run python -m pkg.server", "pkg.server"],
  ["uv run -m pkg", "pkg"],
  ["uv tool run x@latest", "x"],
  ["uv pip list", "uv"],
  ["pipx run --spec pkg==1 x", "x"],
  ["python -m mcp_server_git", "mcp_server_git"],
  ["python3.12 -u -m mcp_server_git --x", "mcp_server_git"],
  ["python3 server.py", "server"],
  ["python3 -X dev /srv/weather/main.py", "weather"],
  ["python -c import", "python"],
  ["py -3 server.py", "server"],

  ["deno run -A npm:@scope/pkg@1/bin stdio", "@scope/pkg"],
  ["deno run -A npm:/pkg@1", "pkg"],
  ["deno run -A jsr:@a/b", "@a/b"],
  ["deno run -A https://x/y/server.ts", "server"],
  ["deno run --allow-read=/tmp -c deno.json https://deno.land/x/foo@1.0/mod.ts?a=b", "foo"],
  ["deno -A npm:pkg", "pkg"],
  ["deno task start", "deno"],
  ["node /x/node_modules/@scope/pkg/dist/index.js", "@scope/pkg"],
  ["node C:\\x\\node_modules\\@scope\\pkg\\dist\\index.js", "@scope/pkg"],
  ["node --import ./hook.js server.js", "server"],
  ["node /srv/weather/build/index.js", "weather"],
  ["node build/index.js", "index"],
  ["node -e 1", "node"],
  ["node .", "node"],
  ["java -Xmx1g -jar /x/server-1.0.jar", "server-1.0"],
  ["go run github.com/a/b@latest", "b"],
  ["ruby server.rb", "server"],

  ["docker run -i --rm -e X mcp/github:1", "mcp/github"],
  ["docker run -ie X ghcr.io/github/github-mcp-server:latest", "github/github-mcp-server"],
  ["docker run -v /a:/b localhost:5000/x@sha256:00", "x"],
  ["docker compose up", "docker"],
  ["podman container run --name n mcp/git", "mcp/git"],

  ["cmd /c npx -y pkg@1", "pkg"],
  ["cmd.exe /d /c npx.cmd pkg", "pkg"],
  ["env A=b npx pkg", "pkg"],
  ["/usr/bin/env -u HOME A=b ./server", "server"],
  ["sudo -u mcp /usr/bin/mcp-fs", "mcp-fs"],
  ["timeout 30s nice -n 5 uvx pkg", "pkg"],
];

for (const [command, name] of CASES) {
  Deno.test(`serverNameOf calls \`${command}\` ${name}`, () => {
    assert.equal(serverNameOf(command.split(" ")), name);
  });
}

Deno.test("serverNameOf has a name for nothing at all", () => {
  assert.equal(serverNameOf([]), "server");
  assert.equal(serverNameOf([""]), "server");
});
