import assert from "node:assert/strict";
import { freePort } from "../e2e/remote.ts";
import { withHome } from "./agentgate.ts";
import { whileServed } from "./served.ts";

Deno.test("dashboard --print tells the link, with the key that is made for it, and serves nothing", () =>
  withHome(async (home) => {
    const port = freePort();
    const { code, stdout, stderr } = await home.run(["dashboard", "--print", "--port", `${port}`]);
    const key = (await Deno.readTextFile(home.path(".agentgate", "dashboard.key"))).trim();
    assert.equal(code, 0, stderr);
    assert.equal(stdout, `http://127.0.0.1:${port}/#key=${key}\n`);
    assert.match(stderr, /nobody serves it now/);
  }));

Deno.test("dashboard serves where nobody does, and tells the link where somebody does", () =>
  withHome(async (home) => {
    const port = ["--port", `${freePort()}`];
    await whileServed(home, port, async (link, child) => {
      const { origin, hash } = link;
      const headers = { authorization: `Bearer ${hash.slice("#key=".length)}` };
      const response = await fetch(`${origin}/api/gateways`, { headers });
      assert.equal(response.status, 200);
      await response.body?.cancel();

      assert.deepEqual(await home.run(["dashboard", ...port]), {
        ...{ code: 0, stdout: `${link.href}\n`, stderr: "" },
      });
      const other = await home.run(["dashboard", ...port, "--db", home.path("other.db")]);
      assert.deepEqual([other.code, other.stdout], [0, `${link}\n`]);
      assert.match(other.stderr, /it shows another audit log/);
      const config = await home.write(
        "c.toml",
        'dashboard_api_key = "another key of this machine"',
      );
      const stranger = await home.run(["dashboard", ...port, "--config", config]);
      assert.deepEqual([stranger.code, stranger.stdout], [1, ""]);
      assert.match(stranger.stderr, /has another key than this configuration/);

      child.kill("SIGINT");
      assert.equal((await child.status).code, 0);
    });
  }));

Deno.test("dashboard says who has the port, or that there is none", () =>
  withHome(async (home) => {
    const foreign = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      () => new Response("x"),
    );
    const taken = await home.run(["dashboard", "--port", `${foreign.addr.port}`]);
    assert.deepEqual([taken.code, taken.stdout], [1, ""]);
    assert.match(taken.stderr, /another program has port \d+; choose another: --port/);
    await foreign.shutdown();
    const config = await home.write("c.toml", "dashboard_port = 0");
    const off = await home.run(["dashboard", "--config", config]);
    assert.equal(off.code, 2);
    assert.match(off.stderr, /dashboard_port = 0 switches it off/);
  }));
