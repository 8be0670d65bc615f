/**
 * The files of the page. Their names tell their content, so a browser asks for each once.
 *
 * @module
 */

import { Hono } from "@hono/hono";
import { ASSETS } from "./assets.gen.ts";
import { gzipped, takesGzip } from "./gzip.ts";

/** The routes. */
export function assetRoutes(): Hono {
  const routes = new Hono(), compressed = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();
  routes.get("/:name", async (c) => {
    const name = c.req.param("name");
    if (!Object.hasOwn(ASSETS, name)) return c.notFound();
    const { type, body } = ASSETS[name]!;
    const headers = {
      "content-type": type,
      "cache-control": "public, max-age=31536000, immutable",
      vary: "accept-encoding",
    };
    if (!takesGzip(c)) return c.body(body, 200, headers);
    if (!compressed.has(name)) compressed.set(name, gzipped(body));
    return c.body(await compressed.get(name)!, 200, { ...headers, "content-encoding": "gzip" });
  });
  return routes;
}
