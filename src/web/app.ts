/**
 * The dashboard's routes, and what stands before them.
 *
 * @module
 */

import { Hono } from "@hono/hono";
import { assetRoutes } from "./asset_route.ts";
import { fleetHosts } from "./copy_progress.ts";
import { fromHere, headers, refusal, withKey } from "./guard.ts";
import { DASHBOARD_HEADER, type Gateways, logMark } from "./gateways.ts";
import type { PlaneSettings } from "./plane_settings.ts";
import { type LogSource, LogUnavailable } from "./log_source.ts";
import { FEED_PATH, LET_THROUGH, readFeedWords } from "./live_socket.ts";
import { BadRequest } from "./query_words.ts";
import { methodsOf, openApi } from "./openapi.ts";
import { gzipped, takesGzip } from "./gzip.ts";
import { frameOf } from "./page_frame.ts";
import { PAGES } from "./pages.ts";
import { PolicyFiles } from "./policy_files.ts";
import { NoSuchFile, policyRoutes, PolicyUnavailable } from "./routes/policies.ts";
import { invocationRoutes } from "./routes/invocations.ts";
import { metricsRoute, statisticsRoutes } from "./routes/statistics.ts";
import { logStateRoute } from "./routes/log_state.ts";
import { windowRoute } from "./routes/window.ts";
import type { Explainer } from "./explainer.ts";
import type { StatsKeeper } from "./stats_keeper.ts";
import { isProof, PROOF_HEADER, proofOf } from "./proof.ts";
import type { SignIn } from "./sign_in.ts";

/** What the routes work with. */
export interface AppParts {
  readonly settings: PlaneSettings;
  readonly signIn: SignIn;
  readonly gateways: Gateways;
  readonly log: LogSource;
  readonly stats: StatsKeeper;
  readonly explainer: Explainer;
  /** Called with what is a fault of ours. */
  readonly onFault: (fault: unknown) => void;
}

/** Builds the routes. */
export function dashboardApp(parts: AppParts): Hono {
  const { settings, signIn, gateways, log, stats, explainer } = parts;
  const app = new Hono();
  const mark = logMark(settings.dbPath);
  app.use(headers());
  app.use(async (c, next) => {
    await next();
    c.header(DASHBOARD_HEADER, mark);
  });
  app.use(fromHere());
  for (const page of PAGES) {
    const frame = frameOf(page);
    let compressed: ReturnType<typeof gzipped> | undefined;
    app.get(page.path, async (c) => {
      const headers = { "cache-control": "no-cache", vary: "accept-encoding" };
      if (!takesGzip(c)) return c.html(frame, 200, headers);
      return c.body(await (compressed ??= gzipped(frame)), 200, {
        ...headers,
        "content-type": "text/html; charset=UTF-8",
        "content-encoding": "gzip",
      });
    });
  }
  app.route("/assets", assetRoutes());
  app.get("/health", (c) => c.text("ok"));
  app.get(FEED_PATH, async (c) => {
    const { token, ticket } = c.req.query();
    const isIn = signIn.isKey(token ?? "") || signIn.useTicket(ticket ?? "");
    readFeedWords(c.req.query());
    if (isIn) return c.body(null, LET_THROUGH);
    return await refusal(c, signIn, c.text("Invalid or missing ?token= query parameter", 401));
  });
  app.get("/api/gateways/attend", async (c) => {
    const { gateway = "", server, nonce = "", proof = "" } = c.req.query();
    if (!isProof(proof, settings.key, "gateway", nonce)) {
      return await refusal(c, signIn, c.json({ error: "that is no proof of the key" }, 401));
    }
    const body = gateways.attend(gateway.slice(0, 256), server?.slice(0, 256) ?? null);
    if (body === null) return c.json({ error: "too many gateways wait here" }, 503);
    return c.body(body, 200, { [PROOF_HEADER]: proofOf(settings.key, "dashboard", nonce) });
  });
  app.use("/api/*", withKey(signIn));
  app.get("/metrics", withKey(signIn), metricsRoute(log, stats));
  app.post("/api/ws/ticket", (c) => c.json({ ticket: signIn.ticket() }));
  app.get("/api/gateways", (c) => c.json(fleetHosts(log) ?? gateways.all()));
  app.route("/api/invocations", invocationRoutes(log, stats, explainer));
  const files = new PolicyFiles(settings.policyPaths, settings), { scan } = settings;
  app.route("/api/policies", policyRoutes(files, log, scan));
  app.get("/api/config", (c) => c.json(settings.config));
  app.route("/api/log", logStateRoute(log, settings.isShipped));
  app.route("/api/window", windowRoute(log, stats));
  app.route("/api", statisticsRoutes(log, stats));
  app.get("/api/openapi.json", (c) => c.json(openApi()));
  app.onError((fault, c) => {
    if (fault instanceof NoSuchFile) return c.json({ error: fault.message }, 404);
    if (fault instanceof BadRequest) return c.json({ error: fault.message }, 400);
    if (fault instanceof LogUnavailable || fault instanceof PolicyUnavailable) {
      return c.json({ error: fault.message }, 503);
    }
    parts.onFault(fault);
    return c.json({ error: "Internal server error" }, 500);
  });
  app.notFound((c) => {
    const methods = methodsOf(c.req.path);
    if (methods.length === 0 || methods.includes(c.req.method)) {
      return c.json({ error: "not found" }, 404);
    }
    const allow = methods.join(", ");
    return c.json({ error: `only ${allow} may be asked of this path` }, 405, { allow });
  });
  return app;
}
