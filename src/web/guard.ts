/**
 * What every request has to pass, and what every answer carries.
 *
 * @module
 */

import type { Context, MiddlewareHandler } from "@hono/hono";
import { secureHeaders } from "@hono/hono/secure-headers";
import { isOwnHost } from "./own_host.ts";
import type { SignIn } from "./sign_in.ts";

/** Words of the original, which clients know. */
const NO_KEY = "Invalid or missing Authorization: Bearer token";

/** The headers: nothing from elsewhere is loaded, framed, or sent anywhere. */
export function headers(): MiddlewareHandler {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      connectSrc: ["'self'"],
      imgSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
      requireTrustedTypesFor: ["'script'"],
      trustedTypes: ["'none'"],
    },
    // There is no HTTPS on a loopback address.
    strictTransportSecurity: false,
    referrerPolicy: "no-referrer",
    xFrameOptions: "DENY",
  });
}

/**
 * Refuses what comes from another page, or by a name that is not this machine's (DNS rebinding), and
 * lets nobody keep an answer of the API.
 */
export function fromHere(): MiddlewareHandler {
  return async (c, next) => {
    const host = c.req.header("host") ?? "";
    if (!isOwnHost(host)) return c.json({ error: "the Host is not this machine" }, 403);
    const origin = c.req.header("origin");
    if (origin !== undefined && origin !== `http://${host}`) {
      return c.json({ error: "the Origin is another page" }, 403);
    }
    const site = c.req.header("sec-fetch-site");
    if (site === "cross-site" && c.req.path.startsWith("/api/")) {
      return c.json({ error: "the request comes from another page" }, 403);
    }
    await next();
    if (c.req.path.startsWith("/api/")) c.header("cache-control", "no-store");
  };
}

/** Lets in who has the key. */
export function withKey(signIn: SignIn): MiddlewareHandler {
  return async (c, next) => {
    if (signIn.isKey(bearerOf(c) ?? "")) return await next();
    return await refusal(c, signIn, c.json({ error: NO_KEY }, 401));
  };
}

/** The answer to a wrong key, later the more of them came; another one when very many wait. */
export async function refusal(c: Context, signIn: SignIn, answer: Response): Promise<Response> {
  return await signIn.slowDown() ? answer : c.json({ error: "too many guesses" }, 429);
}

function bearerOf(c: Context): string | undefined {
  return /^Bearer (.+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
}
