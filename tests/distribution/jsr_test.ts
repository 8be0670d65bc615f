import assert from "node:assert/strict";
import { join } from "node:path";
import manifest from "../../deno.json" with { type: "json" };
import { PROJECT, readRows } from "../e2e/gateway.ts";
import { childEnv, denoDir } from "../e2e/machine.ts";
import { freePort } from "../e2e/remote.ts";
import { type Ended, faultOf, LINES, POLICY, runToEnd } from "../../scripts/trial.ts";
import { TRANSPORTS } from "../../src/transport/choice.ts";
import { Registry, registryEnv } from "./registry.ts";

/** A project of somebody's own, with settings that would be in our way. */
const OTHERS_CONFIG =
  `{ "nodeModulesDir": "auto", "minimumDependencyAge": "P3000D", "imports": {} }`;

/** Somebody's machine: the package in a registry, a project to stand in, and nothing cached of ours. */
class Machine {
  readonly project: string;

  private constructor(
    readonly home: string,
    readonly registry: Registry,
    readonly env: Readonly<Record<string, string>>,
  ) {
    this.project = join(home, "project");
  }

  static async run(use: (machine: Machine) => Promise<void>): Promise<void> {
    const home = await Deno.makeTempDir({ prefix: "agentgate-jsr-" });
    try {
      await using registry = new Registry();
      const cache = join(home, "cache");
      await Deno.mkdir(cache);
      // Packages of npm come from where they were cached already; ours do not.
      await Deno.symlink(join(await denoDir(), "npm"), join(cache, "npm"));
      const env = {
        ...registryEnv(),
        ...await childEnv(home),
        ...{ DENO_DIR: cache, JSR_URL: registry.url, DENO_NO_UPDATE_CHECK: "1" },
      };
      const machine = new Machine(home, registry, env);
      await Deno.mkdir(machine.project);
      await Deno.writeTextFile(join(machine.project, "deno.json"), OTHERS_CONFIG);
      const words = ["publish", "--token", "x", "--no-provenance", "--allow-dirty", "--no-check"];
      const published = await machine.deno(words, { cwd: PROJECT, DENO_DIR: await denoDir() });
      assert.equal(published.code, 0, published.stderr);
      await use(machine);
    } finally {
      await Deno.remove(home, { recursive: true });
    }
  }

  /** Words that run our program, as the README has them. */
  words(...args: string[]): string[] {
    const { name, version } = manifest;
    return ["run", "-A", "--no-config", "--no-lock", `jsr:${name}@${version}`, ...args];
  }

  options(words: string[], { cwd = this.project, ...env }: Record<string, string> = {}) {
    return { args: words, cwd, clearEnv: true, env: { ...this.env, ...env } };
  }

  /** Runs Deno to its end, with some text as its input. */
  deno(words: string[], env: Record<string, string> = {}, input = ""): Promise<Ended> {
    return runToEnd(Deno.execPath(), this.options(words, env), input);
  }

  async agentgate(...args: string[]) {
    return await this.deno(this.words(...args));
  }
}

Deno.test("the package runs from a registry, in somebody's project, with nothing cached", () =>
  Machine.run(async (machine) => {
    const { project, home } = machine;
    const version = await machine.agentgate("--version");
    assert.match(version.stdout, new RegExp(manifest.version), version.stderr);

    const policy = join(home, "policy.toml"), db = join(home, "logs.db");
    await Deno.writeTextFile(policy, POLICY);
    const server = [Deno.execPath(), "run", "-A", "--quiet", "--no-config", "--no-lock"];
    const script = join(PROJECT, "tests/servers/scripted.ts");
    for (const transport of TRANSPORTS) {
      const options = ["--transport", transport, "--policy", policy, "--db", db];
      const off = ["--dashboard-port", "0", "--", ...server, script];
      const wrapped = await machine.deno(
        machine.words("wrap", ...options, ...off),
        {},
        LINES,
      );
      assert.equal(faultOf(wrapped), null);
    }
    assert.equal(readRows(db).length, TRANSPORTS.length);

    const logs = await machine.agentgate("logs", "--db", db);
    assert.match(logs.stdout, /echo/, logs.stderr);
    const init = await machine.agentgate("init");
    assert.equal(init.code, 0, init.stderr);
    const doctor = await machine.agentgate("doctor", "--db", db);
    assert.equal(doctor.code, 0, doctor.stdout + doctor.stderr);
    await serves(
      machine,
      /url=(http:\/\/127[^\/]+)/,
      "serve",
      "--transport",
      "http",
      "--upstream",
      `${machine.registry.url}mcp`,
      "--port",
      "0",
    );
    await serves(
      machine,
      /(http:\/\/127[^\/]+)/,
      "dashboard",
      "--db",
      db,
      "--port",
      `${freePort()}`,
    );
    assert.deepEqual([...Deno.readDirSync(project)].map(({ name }) => name), ["deno.json"]);
  }));

/** Runs a command that goes on, until it has said where it serves; the address answers. */
async function serves(machine: Machine, where: RegExp, ...args: string[]): Promise<void> {
  const child = new Deno.Command(Deno.execPath(), {
    ...machine.options(machine.words(...args)),
    ...{ stdin: "null", stdout: "piped", stderr: "piped" },
  }).spawn();
  const streams = [child.stdout, child.stderr], found = Promise.withResolvers<string>();
  let text = "";
  const reading = Promise.all(streams.map(async (stream) => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      const match = where.exec(text += decoder.decode(chunk));
      if (match !== null) found.resolve(match[1]!);
    }
  })).then(() => found.reject(new Error(text)));
  try {
    const response = await fetch(`${await found.promise}/health`);
    assert.equal(response.status, 200);
    await response.body?.cancel();
  } finally {
    try {
      child.kill("SIGTERM");
    } catch {
      // It has ended by itself, and has said why.
    }
    await child.status;
    await reading;
    await found.promise.catch(() => {});
  }
}
