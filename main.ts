/**
 * The `agentgate` program: argv in, exit code out.
 *
 * @module
 */

import { run } from "./src/cli/run.ts";

if (import.meta.main) Deno.exit(await run(Deno.args));
