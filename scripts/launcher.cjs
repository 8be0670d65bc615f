#!/usr/bin/env node
"use strict";
// Finds Deno, which comes as an npm package, and becomes the program.
const path = require("node:path");
const main = path.join(__dirname, "..", "js", "main.js");
const flags = ["run", "-A", "--quiet", "--no-config", "--no-lock", "--node-modules-dir=none"];
// Less garbage is let gather, except where many are served: see own_command.ts of the source.
if (process.argv[2] !== "serve") flags.push("--v8-flags=--max-semi-space-size=2");
// The path of Deno's binary, which is a package of its own: nothing is downloaded here.
const deno = require("deno/install_api.cjs").runInstall();
const args = [...flags, main, ...process.argv.slice(2)];
// Node 22.15 and later: the process itself becomes the program. On Windows the function throws.
if (process.execve && process.platform !== "win32") {
  process.execve(deno, [deno, ...args], process.env);
}
const child = require("node:child_process").spawn(deno, args, {
  stdio: "inherit",
  windowsHide: true,
});
const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];
for (const signal of signals) process.on(signal, () => child.kill(signal));
child.on("error", ({ message }) => {
  console.error(`agentgate: Deno cannot be started: ${message}`);
  process.exit(127);
});
child.on("exit", (code, signal) => {
  if (signal === null) return process.exit(code);
  for (const signal of signals) process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
