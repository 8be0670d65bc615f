/** The official suite, direct and through the gateway: check by check the same. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT } from "../e2e/gateway.ts";
import { freePort, withEverything, withFolder, withProgram, withServe } from "../e2e/remote.ts";
import { type Checks, count, differences, suite } from "./suite.ts";

/** The fixtures of the Go SDK, which have all names that the suite asks for. */
const GO_FIXTURES = "github.com/modelcontextprotocol/go-sdk/conformance";
const GO_VERSION = "v1.8.0";

/** Whether there is a Go toolchain, and modules for it. */
async function hasFixtures(): Promise<boolean> {
  const home = await Deno.makeTempDir();
  try {
    const module = `${GO_FIXTURES.slice(0, GO_FIXTURES.lastIndexOf("/"))}@${GO_VERSION}`;
    const { success } = await new Deno.Command("go", {
      args: ["list", "-m", module],
      env: { HOME: home, GOPATH: home, GOCACHE: home, GOFLAGS: "-modcacherw" },
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch {
    return false;
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

/** Builds the Go fixtures into a folder. */
async function buildGo(home: string): Promise<string> {
  const bin = join(home, "bin");
  const { success, stderr } = await new Deno.Command("go", {
    args: [
      "install",
      ...["everything-server", "everything-client"].map((name) =>
        `${GO_FIXTURES}/${name}@${GO_VERSION}`
      ),
    ],
    // What the machine says of proxies stays; nothing is left in its home.
    env: {
      HOME: home,
      GOPATH: join(home, "go"),
      GOCACHE: join(home, "cache"),
      GOBIN: bin,
      GOFLAGS: "-modcacherw",
    },
    stdout: "null",
    stderr: "piped",
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return bin;
}

/** Direct and through the gateway, a server of the Go SDK. */
async function goServer(home: string, bin: string, revision: string, isStateless: boolean) {
  const runs: Checks[] = [];
  const port = freePort();
  await withProgram(
    [
      join(bin, "everything-server"),
      `-http=127.0.0.1:${port}`,
      `-stateless=${isStateless}`,
    ],
    { HOME: home },
    /listening|handler|server/i,
    async () => {
      const url = `http://127.0.0.1:${port}/mcp`;
      runs.push(await suite(home, "server", ["--url", url, "--requirements", revision]));
      await withServe("http", url, home, async ({ url }) => {
        runs.push(await suite(home, "server", ["--url", url, "--requirements", revision]));
      });
    },
  );
  return runs as [Checks, Checks];
}

/** Direct and through the gateway, the client of the Go SDK. */
async function goClient(home: string, bin: string, revision: string) {
  const client = join(bin, "everything-client");
  const through = [
    ...[Deno.execPath(), "run", "-A", "--quiet", join(PROJECT, "tests/conformance/through.ts")],
    client,
  ];
  const run = (command: string) =>
    suite(home, "client", ["--command", command, "--requirements", revision]);
  return [await run(client), await run(through.join(" "))] as const;
}

Deno.test("the official suite's server checks are the same through the gateway: server-everything", () =>
  withFolder((home) =>
    withEverything("streamableHttp", home, async (url) => {
      const words = ["--requirements", "2025-11-25"];
      const direct = await suite(home, "server", ["--url", url, ...words]);
      assert.deepEqual([count(direct, "SUCCESS"), count(direct, "FAILURE")], [47, 22]);
      await withServe("http", url, home, async ({ url }) => {
        const through = await suite(home, "server", ["--url", url, ...words]);
        const check = "server-dns-rebinding-protection localhost-host-rebinding-rejected";
        // We turn a page of another host away, which this server does not.
        assert.deepEqual(differences(direct, through), [
          `direct: ${check} FAILURE`,
          `through: ${check} SUCCESS`,
        ]);
      });
    })
  ));

Deno.test({
  name: "the official suite's server checks are the same through the gateway: Go's, both eras",
  ignore: !await hasFixtures(),
  fn: () =>
    withFolder(async (home) => {
      const bin = await buildGo(home);
      for (
        const [revision, isStateless, passed, failed] of [
          ["2025-11-25", false, 82, 0],
          // Those that fail are of the tasks extension, which the fixture lacks.
          ["2026-07-28", true, 165, 30],
        ] as const
      ) {
        const [direct, through] = await goServer(home, bin, revision, isStateless);
        assert.deepEqual([count(direct, "SUCCESS"), count(direct, "FAILURE")], [passed, failed]);
        assert.deepEqual(differences(direct, through), [], revision);
      }
      for (const [revision, passed] of [["2025-11-25", 270], ["2026-07-28", 443]] as const) {
        const [direct, through] = await goClient(home, bin, revision);
        assert.deepEqual([count(direct, "SUCCESS"), count(direct, "FAILURE")], [passed, 13]);
        // A client asks for tokens for the address that it uses, which is ours: whether the issuer
        // takes that is the issuer's affair, and the README says so.
        const expected = (check: string) => / resource-parameter-matches-prm /.test(check);
        const unexpected = differences(direct, through).filter((check) => !expected(check));
        assert.deepEqual(unexpected, [], revision);
        assert.equal(differences(direct, through).length, 14, revision);
      }
    }),
});
