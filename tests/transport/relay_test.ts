import assert from "node:assert/strict";
import { Relay, type RelayOptions } from "../../src/transport/native/relay.ts";
import type { Refusal } from "../../src/session/call.ts";
import type { Stage } from "../../src/session/pipeline.ts";
import { answer, call, Harness } from "../session/harness.ts";
import { dice, FD, World } from "./world.ts";

const encoder = new TextEncoder(), decoder = new TextDecoder();

/** How many worlds are tried; each has its own seed, which a failure names. */
const WORLDS = 40;

/** One agent that talks to one server through a relay, as the dice have it. */
class Play {
  readonly world: World;
  readonly harness: Harness;
  readonly relay: Relay;
  readonly random: () => number;
  /** What the agent and the server have got. */
  agentGot = "";
  serverGot = "";
  readonly asked: string;
  readonly answers: string;
  #toSay: Uint8Array;
  #toAnswer = new Uint8Array(0);
  /** Answers that were not given yet. */
  #left: string[];
  #exited = false;
  /** Called at each step; for accidents. */
  accident: () => void = () => {};

  constructor(seed: number, options: Partial<RelayOptions> = {}, stages: readonly Stage[] = []) {
    const random = this.random = dice(seed);
    this.harness = new Harness({ stages });
    this.world = new World(random);
    const size = () => Math.floor(random() ** 12 * 90_000);
    const ids = Array.from({ length: 1 + Math.floor(random() * 30) }, (_, i) => i);
    this.asked = ids.map((id) => call(id, "echo", { text: "q".repeat(size()) })).join("");
    this.answers = ids.map((id) => answer(id, { text: "a".repeat(size()) })).join("");
    this.#left = this.answers.split("\n").slice(0, -1);
    this.#toSay = encoder.encode(this.asked);
    this.world.step = () => this.#step();
    this.relay = new Relay({
      session: this.harness.session,
      context: this.harness.context,
      libc: this.world,
      descriptors: FD,
      signalServer: () => {},
      beforeRead: () => undefined,
      eventLoopMayWait: () => Infinity,
      now: () => this.world.nowMs,
      ...options,
    });
  }

  #step(): void {
    const { random } = this, { pipes } = this.world;
    this.accident();
    const some = () => random() < 0.3 ? 0 : 1 + Math.floor(random() ** 2 * 100_000);
    const said = pipes[FD.agentOutput]!.write(this.#toSay.subarray(0, some()));
    this.#toSay = this.#toSay.subarray(said);
    if (this.#toSay.length === 0) pipes[FD.agentOutput]!.writerGone = true;
    if (!pipes[FD.agentInput]!.readerGone) {
      this.agentGot += decoder.decode(pipes[FD.agentInput]!.read(some()));
    }
    if (this.#exited) return;
    this.#answer(decoder.decode(pipes[FD.serverInput]!.read(some())));
    const sent = pipes[FD.serverOutput]!.write(this.#toAnswer.subarray(0, some()));
    this.#toAnswer = this.#toAnswer.subarray(sent);
    const inputEnded = pipes[FD.serverInput]!.writerGone && pipes[FD.serverInput]!.held === 0;
    if (inputEnded && this.#toAnswer.length === 0) this.exit();
  }

  #answer(heard: string): void {
    this.serverGot += heard;
    const count = heard.split("\n").length - 1;
    if (count === 0) return;
    const answers = this.#left.splice(0, count).map((line) => line + "\n").join("");
    this.#toAnswer = encoder.encode(decoder.decode(this.#toAnswer) + answers);
  }

  /** The agent takes all that is there for it. */
  listen(): void {
    this.agentGot += decoder.decode(this.world.pipes[FD.agentInput]!.read(Infinity));
  }

  /** The server ends here and now. */
  exit(): void {
    if (this.#exited) return;
    this.#exited = true;
    this.world.pipes[FD.serverOutput]!.writerGone = true;
    this.world.pipes[FD.serverInput]!.readerGone = true;
    this.relay.serverExited({ code: 0, detail: "exit code 0" });
  }
}

/** A stage that holds every call until `settled` says what becomes of it. */
function holding(settled: () => Promise<Refusal | undefined>): Stage {
  const start = (settle: (refusal?: Refusal) => void) => void settled().then(settle);
  return { name: "audit", onRequest: () => ({ isBrief: true, start }) };
}

async function inManyWorlds(play: (seed: number) => Promise<void>): Promise<void> {
  for (let seed = 1; seed <= WORLDS; seed++) {
    try {
      await play(seed);
    } catch (fault) {
      throw new Error(`in world ${seed}: ${fault}`, { cause: fault });
    }
  }
}

Deno.test("Relay delivers everything in order, whatever the chunks and the stalls on either side", () =>
  inManyWorlds(async (seed) => {
    const play = new Play(seed);
    const { code, undelivered } = await play.relay.run();
    play.listen();
    assert.deepEqual([code, undelivered], [0, 0]);
    assert.ok(play.serverGot === play.asked, "the server got something else");
    assert.ok(play.agentGot === play.answers, "the agent got something else");
    assert.deepEqual(play.harness.refused, []);
    assert.ok(play.harness.ended.every(({ outcome }) => outcome === "ok"));
    assert.deepEqual(play.world.closed, [FD.serverInput]);
  }));

Deno.test("Relay ends with a server that dies in the middle, and every call has one end", () =>
  inManyWorlds(async (seed) => {
    const play = new Play(seed);
    play.accident = () => {
      if (play.random() < 0.02) play.exit();
    };
    await play.relay.run();
    const { events, ended } = play.harness;
    assert.equal(events.filter((event) => event === "call_started").length, ended.length);
    assert.ok(ended.every(({ outcome }) => outcome === "ok" || outcome === "server_gone"));
    // The agent is told of each: by its answer, or by an error.
    play.listen();
    const ids = play.agentGot.split("\n").filter(Boolean).map((line) => JSON.parse(line).id);
    assert.deepEqual(
      ids.sort((a, b) => a - b),
      ended.map(({ requestId }) => requestId).sort((a, b) => Number(a) - Number(b)),
    );
  }));

Deno.test("Relay ends when the agent leaves in the middle, and every call has one end", () =>
  inManyWorlds(async (seed) => {
    const play = new Play(seed);
    play.accident = () => {
      if (play.random() < 0.02) {
        play.world.pipes[FD.agentInput]!.readerGone = true;
        play.world.pipes[FD.agentOutput]!.writerGone = true;
      }
    };
    await play.relay.run();
    const { events, ended } = play.harness;
    assert.equal(events.filter((event) => event === "call_started").length, ended.length);
  }));

Deno.test("Relay reads no more while it is told to wait, and loses nothing by it", () =>
  inManyWorlds(async (seed) => {
    const random = dice(seed);
    const wait = () => new Promise<void>((done) => setImmediate(done));
    let settled: Promise<undefined> = Promise.resolve(undefined);
    const play = new Play(seed, {
      beforeRead: () => random() < 0.1 ? wait() : undefined,
    }, [holding(() => settled)]);
    // One after the other, as records are stored: what is held keeps its order.
    play.accident = () => {
      if (random() < 0.5) settled = settled.then(wait).then(() => undefined);
    };
    await play.relay.run();
    play.listen();
    assert.ok(play.serverGot === play.asked && play.agentGot === play.answers);
  }));

Deno.test("Relay takes calls back that cannot be recorded", async () => {
  const refusal = { outcome: "error", policyHit: "audit", code: -1, message: "no" } as const;
  const play = new Play(7, {}, [holding(() => Promise.resolve(refusal))]);
  await play.relay.run();
  assert.equal(play.serverGot, "");
  assert.ok(play.harness.ended.every(({ outcome }) => outcome === "error"));
  assert.equal(play.agentGot.split("\n").filter(Boolean).length, play.harness.ended.length);
});

for (const isSettled of [false, true]) {
  const what = isSettled ? "the server does not read it" : "nobody settles it";
  Deno.test(`Relay ends though the agent's last word is held and ${what}`, async () => {
    let settle: (() => void) | undefined;
    const start = (of: () => void) => void (settle = of);
    const last: Stage = { name: "policy", onRequest: () => ({ isBrief: false, start }) };
    const signals: string[] = [];
    const play: Play = new Play(5, {
      signalServer: (signal) => {
        signals.push(signal);
        play.exit();
      },
      // Minutes pass while nobody does anything.
      now: () => play.world.nowMs * 1000,
    }, [last]);
    const { [FD.agentOutput]: said, [FD.serverInput]: heard } = play.world.pipes;
    heard!.read = () => new Uint8Array(0);
    heard!.write(new Uint8Array(heard!.room));
    play.accident = () => {
      if (isSettled && said!.writerGone && said!.held === 0) settle?.();
    };
    await play.relay.run();
    assert.deepEqual(signals, ["SIGTERM", "SIGKILL"]);
    assert.ok(play.harness.ended.every(({ outcome }) => outcome === "agent_gone"));
  });
}

Deno.test("Relay tells what went wrong inside, and does not go on unread", async () => {
  const play = new Play(3, {
    beforeRead: () => {
      throw new Error("out of order");
    },
    signalServer: () => play.exit(),
  });
  await assert.rejects(play.relay.run(), /out of order/);
  assert.equal(play.serverGot, "");
});

Deno.test("Relay ends when something goes wrong inside while a call is let through", async () => {
  const play: Play = new Play(3, { signalServer: () => play.exit() }, [
    holding(() => Promise.resolve(undefined)),
    { name: "limits", onRequest: () => undefined },
  ]);
  play.harness.context.held.remove = () => {
    throw new Error("out of order");
  };
  await assert.rejects(play.relay.run(), /out of order/);
  assert.equal(play.serverGot, "");
});
