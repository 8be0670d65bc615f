import assert from "node:assert/strict";
import { EOF_GRACE_MS, Lifecycle, STOP_GRACE_MS } from "../../src/transport/lifecycle.ts";
import { SendBuffer } from "../../src/transport/send_buffer.ts";
import { call, Harness } from "../session/harness.ts";

/** A session's life on a clock of its own. */
class Life {
  nowMs = 0;
  readonly signals: string[] = [];
  readonly harness = new Harness();
  readonly toAgent = new SendBuffer();
  readonly toServer = new SendBuffer();
  readonly life = new Lifecycle({
    session: this.harness.session,
    context: this.harness.context,
    toAgent: this.toAgent,
    toServer: this.toServer,
    signalServer: (signal) => void this.signals.push(signal),
    now: () => this.nowMs,
  });

  /** Goes from deadline to deadline until `ms`. */
  passUntil(ms: number): void {
    while (this.life.nextDeadline <= ms) {
      this.nowMs = Math.max(this.nowMs, this.life.nextDeadline);
      this.life.tick();
    }
    this.nowMs = ms;
  }
}

Deno.test("Lifecycle gives up an agent that has ended and reads nothing, and no other", () => {
  const living = new Life();
  living.toAgent.say("{}");
  living.passUntil(60_000);
  assert.equal(living.life.isAgentGone, false);
  const reading = new Life();
  reading.toAgent.say("x".repeat(1000));
  reading.life.agentEnded();
  reading.harness.agent(call(1));
  for (let s = 1; s < 60; s++) {
    reading.toAgent.next();
    reading.toAgent.wrote(1);
    reading.passUntil(s * 1000);
    reading.life.outputHeard();
  }
  assert.equal(reading.life.isAgentGone, false);
  const dead = new Life();
  dead.toAgent.say("{}");
  dead.harness.agent(call(1));
  dead.life.agentEnded();
  dead.passUntil(6000);
  assert.equal(dead.life.isAgentGone, true);
  assert.equal(dead.toAgent.queued, 0);
  assert.deepEqual(dead.harness.ended.map(({ outcome }) => outcome), ["agent_gone"]);
});

Deno.test("Lifecycle gives a server time to end while it takes what it was told", () => {
  const slow = new Life();
  slow.toServer.say("x".repeat(1000));
  slow.life.agentEnded();
  for (let s = 1; s < 1000; s += 100) {
    slow.toServer.next();
    slow.toServer.wrote(1);
    slow.passUntil(s * 1000);
  }
  assert.deepEqual(slow.signals, []);
  slow.passUntil(2_000_000);
  assert.deepEqual(slow.signals, ["SIGTERM", "SIGKILL"]);
});

Deno.test("Lifecycle waits longer when calls turn up after the agent's end was seen", () => {
  const life = new Life();
  life.life.agentEnded();
  life.harness.agent(call(1));
  life.passUntil(EOF_GRACE_MS + STOP_GRACE_MS + 1);
  assert.deepEqual(life.signals, []);
});

Deno.test("Lifecycle gives up a server that has closed its output and lives", () => {
  const life = new Life();
  life.harness.agent(call(1));
  life.toServer.say("{}");
  life.life.outputEnded();
  life.passUntil(1000);
  assert.equal(life.life.isMute, true);
  assert.equal(life.toServer.queued, 0);
  assert.notEqual(life.harness.agent(call(2)).agent, "");
  assert.deepEqual(life.harness.ended.map(({ outcome }) => outcome), [
    "server_gone",
    "server_gone",
  ]);
  const stopped = new Life();
  stopped.harness.agent(call(1));
  stopped.life.stop("SIGTERM");
  stopped.life.outputEnded();
  stopped.passUntil(900);
  assert.equal(stopped.life.isMute, false);
});
