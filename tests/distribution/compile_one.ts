/** Compiles one binary, in a process whose environment names the runtime: `BUNDLE TARGET FILE`. */

import { compile } from "../../scripts/compile.ts";

const [bundle, target, file] = Deno.args as [string, string, string];
await compile(bundle, target, file);
