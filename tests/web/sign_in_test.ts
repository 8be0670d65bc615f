import assert from "node:assert/strict";
import { dirname } from "node:path";
import { dashboardKey } from "../../src/web/dashboard_key.ts";
import { SIGN_IN_BOUNDS, SignIn } from "../../src/web/sign_in.ts";
import { proofOf } from "../../src/web/proof.ts";
import { withDatabasePath } from "../audit/support.ts";
import { KEY, Listener, withDashboard } from "./harness.ts";

Deno.test("SignIn knows its key, and nothing that is like it", () => {
  const signIn = new SignIn("right");
  assert.ok(signIn.isKey("right"));
  for (const word of ["", "r", "Right", "right ", "rightright", "x".repeat(100_000)]) {
    assert.ok(!signIn.isKey(word));
  }
});

Deno.test("SignIn slows down whoever guesses, and lets only so many wait", async () => {
  const signIn = new SignIn("right", () => 0);
  const { freeGuesses, waiting } = SIGN_IN_BOUNDS;
  for (let guess = 0; guess < freeGuesses; guess++) assert.ok(await signIn.slowDown());
  const guesses = Array.from({ length: waiting + 5 }, () => signIn.slowDown());
  const refused = guesses.slice(-5);
  assert.deepEqual(await Promise.all(refused), Array(5).fill(false));
  assert.deepEqual(await Promise.all(guesses.slice(0, waiting)), Array(waiting).fill(true));
});

Deno.test("SignIn takes a ticket once, and in time", () => {
  let now = 0;
  const signIn = new SignIn("right", () => now);
  const first = signIn.ticket(), second = signIn.ticket();
  assert.ok(signIn.useTicket(first));
  assert.ok(!signIn.useTicket(first));
  now = SIGN_IN_BOUNDS.ticketMs;
  assert.ok(!signIn.useTicket(second));
  assert.ok(!signIn.useTicket(""));
});

Deno.test("whoever has the key is served at once while as many guess as may wait", () =>
  withDashboard({}, async ({ address, get }) => {
    const paths = ["/api/gateways", "/api/ws/live?token=wrong", "/api/gateways/attend?nonce=n"];
    const { freeGuesses, waiting } = SIGN_IN_BOUNDS, all = freeGuesses + waiting + 30;
    const { promise: full, resolve } = Promise.withResolvers<void>(), answered: number[] = [];
    const guess = async (n: number) => {
      const response = await fetch(address + paths[n % paths.length], {
        headers: { authorization: "Bearer wrong" },
      });
      await response.body?.cancel();
      answered.push(response.status);
      if (response.status === 429) resolve();
    };
    const guesses = Array.from({ length: all }, (_, n) => guess(n));
    await full;
    const { ticket } = await (await get("/api/ws/ticket", { method: "POST" })).json();
    const port = Number(new URL(address).port);
    await (await Listener.open(port, `&ticket=${ticket}`, "wrong")).close();
    await (await Listener.open(port, "", KEY)).close();
    const proof = proofOf(KEY, "gateway", "n");
    const attending = await get(`/api/gateways/attend?gateway=g&nonce=n&proof=${proof}`);
    assert.equal(attending.status, 200);
    await attending.body?.cancel();
    assert.ok(answered.length < all, "some guesses wait still");
    await Promise.all(guesses);
    assert.deepEqual([...new Set(answered)].sort(), [401, 429]);
  }));

Deno.test("dashboardKey makes one key for all who need it at once, for its owner alone", () =>
  withDatabasePath(async (path) => {
    const folder = `${dirname(path)}/home`, none = { dashboardApiKey: undefined };
    const keys = await Promise.all(Array.from({ length: 20 }, () => dashboardKey(none, folder)));
    assert.equal(new Set(keys).size, 1);
    assert.match(keys[0]!, /^[0-9a-f]{32}$/);
    if (Deno.build.os !== "windows") {
      assert.equal(Deno.statSync(`${folder}/dashboard.key`).mode! & 0o777, 0o600);
    }
    assert.equal(await dashboardKey({ dashboardApiKey: "set" }, folder), "set");
    await Deno.writeTextFile(`${folder}/dashboard.key`, "");
    await assert.rejects(dashboardKey(none, folder), /holds no key/);
  }));
