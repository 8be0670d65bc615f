/**
 * Texts that are made once and sent often, compressed.
 *
 * @module
 */

import type { Context } from "@hono/hono";
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";

const compress = promisify(gzip);

/** Whether whoever asks takes gzip; `gzip;q=0` refuses it. */
export function takesGzip(c: Context): boolean {
  return (c.req.header("accept-encoding") ?? "").toLowerCase().split(",").some((coding) => {
    const [name, ...words] = coding.split(";").map((word) => word.trim());
    return name === "gzip" && !words.some((word) => /^q=0(\.0*)?$/.test(word));
  });
}

/** Compresses as well as it can be done. */
export async function gzipped(text: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await compress(text, { level: constants.Z_BEST_COMPRESSION }));
}
