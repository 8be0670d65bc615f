import assert from "node:assert/strict";
import { join } from "node:path";
import { runToEnd } from "../../scripts/trial.ts";
import { PROJECT } from "../e2e/gateway.ts";

/** A Node of Windows has the function as well: it says that it cannot. */
const AS_WINDOWS = `Object.defineProperty(process, "platform", { value: "win32" });
process.execve = () => { throw new Error("process.execve is not there"); };
`;

Deno.test("npm's launcher starts the program where no process can become another", async () => {
  const folder = await Deno.makeTempDir({ prefix: "agentgate-launcher-" });
  try {
    const put = async (path: string, text: string) => {
      await Deno.mkdir(join(folder, path, ".."), { recursive: true });
      await Deno.writeTextFile(join(folder, path), text);
    };
    const deno = JSON.stringify(Deno.execPath());
    await put("node_modules/deno/install_api.cjs", `exports.runInstall = () => ${deno};\n`);
    await put("js/main.js", 'console.log("started", ...Deno.args);\nDeno.exit(3);\n');
    await put("windows.cjs", AS_WINDOWS);
    await put("bin/agentgate.cjs", await Deno.readTextFile(join(PROJECT, "scripts/launcher.cjs")));
    const { code, stdout, stderr } = await runToEnd("node", {
      args: ["-r", join(folder, "windows.cjs"), join(folder, "bin/agentgate.cjs"), "wrap", "x y"],
      env: { HOME: folder, NO_COLOR: "1" },
    });
    assert.deepEqual([code, stdout.trim()], [3, "started wrap x y"], stderr);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
