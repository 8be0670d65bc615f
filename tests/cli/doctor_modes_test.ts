import assert from "node:assert/strict";
import { type Home, makeDatabase, withHome } from "./agentgate.ts";

const POSIX = Deno.build.os !== "windows";

/** Files of a home that is as it should be. */
const FILES = Object.freeze({
  ".agentgate/config.toml": 'policy_path = "p.toml"\n',
  ".agentgate/p.toml": '[metadata]\ndefault = "allow"\n',
  ".agentgate/dashboard.key": "key",
  ".agentgate/logs.db.spill-host-1-00000000": "",
});

/** What is wrong with a file or folder, and what doctor says of it, behind its mark. */
const FINDINGS: readonly (readonly [path: string, mode: number, says: string])[] = [
  [".agentgate/logs.db", 0o644, "[!!]  The audit log can be read by others (mode 0644): "],
  [".agentgate/logs.db", 0o640, "[!!]  The audit log can be read by others (mode 0640): "],
  [".agentgate/logs.db-wal", 0o644, "[!!]  The audit log can be read by others (mode 0644): "],
  [
    ".agentgate/logs.db.spill-host-1-00000000",
    0o604,
    "[!!]  The audit log can be read by others (mode 0604): ",
  ],
  [".agentgate/config.toml", 0o644, "[--]  The configuration can be read by others (mode 0644): "],
  [".agentgate/config.toml", 0o620, "[!!]  The configuration can be changed by others (mode 0620)"],
  [".agentgate/p.toml", 0o666, "[!!]  The policy can be changed by others (mode 0666): "],
  [".agentgate/dashboard.key", 0o644, "[!!]  A key file can be read by others (mode 0644): "],
  [".agentgate", 0o777, "[!!]  Others can replace files in a folder (mode 0777): "],
];

async function doctor(home: Home): Promise<{ code: number; stdout: string }> {
  return await home.run(["doctor"]);
}

async function withFiles(test: (home: Home) => Promise<void>): Promise<void> {
  await withHome(async (home) => {
    for (const [name, text] of Object.entries(FILES)) {
      await Deno.chmod(await home.write(name, text), 0o600);
    }
    using _db = makeDatabase(home.path(".agentgate", "logs.db"), []);
    for (const end of ["", "-wal", "-shm"]) {
      await Deno.chmod(home.path(".agentgate", "logs.db" + end), 0o600);
    }
    await Deno.chmod(home.path(".agentgate"), 0o755);
    await test(home);
  });
}

Deno.test({
  name: "doctor says who else can read or change what, and how to mend it",
  ignore: !POSIX,
  async fn() {
    await withFiles(async (home) => {
      for (const [path, mode, says] of FINDINGS) {
        const file = home.path(path), { mode: before } = await Deno.stat(file);
        await Deno.chmod(file, mode);
        const { code, stdout } = await doctor(home);
        const run = `run: chmod ${path === ".agentgate" ? "700" : "600"} ${file}\n`;
        const line = stdout.split(/(?<=\n)/).find((line) => line.endsWith(run)) ?? "";
        assert.ok(line.includes(`  ${says}`), `${path}: ${stdout}`);
        assert.equal(code, says.startsWith("[!!]") ? 1 : 0);
        await Deno.chmod(file, before! & 0o7777);
      }
    });
  },
});

Deno.test({
  name: "doctor notes a folder that others can look into, and is content with one that is closed",
  ignore: !POSIX,
  async fn() {
    await withFiles(async (home) => {
      const open = await doctor(home);
      assert.equal(open.code, 0);
      assert.match(open.stdout, /\[--\] {2}AgentGate's folder can be read by others \(mode 0755\)/);
      await Deno.chmod(home.path(".agentgate"), 0o700);
      await Deno.chmod(home.path(".agentgate", "logs.db"), 0o644);
      const closed = await doctor(home);
      assert.equal(closed.code, 0);
      assert.match(closed.stdout, /\[ok\] {2}Files and folders are for their owner alone/);
      assert.match(closed.stdout, /\[--\] {2}Records that .* wait for the next wrap: .*\.spill-/);
    });
  },
});

Deno.test({
  name: "doctor minds who can read a configuration with a key in it",
  ignore: !POSIX,
  async fn() {
    await withFiles(async (home) => {
      const config = await home.write(".agentgate/config.toml", 'dashboard_api_key = "k"\n');
      await Deno.chmod(config, 0o644);
      const { code, stdout } = await doctor(home);
      assert.equal(code, 1);
      assert.match(stdout, /\[!!\] {2}The configuration can be read by others/);
    });
  },
});
