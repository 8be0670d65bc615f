/**
 * A process that writes to an audit log, for the tests that need a real one.
 *
 * `write_calls.ts PATH COUNT` writes COUNT calls and ends. Without COUNT it writes calls until it is
 * killed; each line that it prints is a call: `ID TIME`, where TIME is when it was tapped, or in
 * strict mode (third argument) flushed.
 */

import { AuditLog } from "../../src/audit/audit_log.ts";
import { auditOptions, startedCall, tapCall, tell } from "./support.ts";

const [path, count, durability = "batched"] = Deno.args;
const audit = await AuditLog.open(
  auditOptions({ path: path!, durability: durability as "batched" | "strict" }),
);
if (count !== "endless") {
  for (let i = 0; i < Number(count); i++) {
    tapCall(audit);
    if (i % 50 === 49) await new Promise((resolve) => setTimeout(resolve, 1)); // let timers run
  }
  await audit.close();
} else {
  const encoder = new TextEncoder();
  for (;;) {
    const call = startedCall();
    tell(audit, "call_started", call);
    if (durability === "strict") await audit.flush();
    else await new Promise((resolve) => setTimeout(resolve, 1));
    await Deno.stdout.write(encoder.encode(`${call.id} ${Date.now()}\n`));
  }
}
