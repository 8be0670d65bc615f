/**
 * Headers that mirror arguments of a call (`x-mcp-header` in a tool's input schema, MCP 2026-07-28),
 * for an agent on stdio, which sends none.
 *
 * @module
 */

import { encodeValue } from "../http/mirrors.ts";
import type { HeaderList } from "../http/headers.ts";

/** Tools whose headers are remembered. */
const MAX_TOOLS = 4096;
/** Deepest property that is looked at. */
const MAX_DEPTH = 16;

/** An argument, by the names that lead to it, and the header that mirrors it. */
interface Mirrored {
  readonly path: readonly string[];
  readonly header: string;
}

/** What is known of the tools of one server. */
export class ParamHeaders {
  readonly #tools = new Map<string, readonly Mirrored[]>();

  /** Learns from the result of a `tools/list`. */
  learn(result: unknown): void {
    const tools = (result as { tools?: unknown } | null)?.tools;
    if (!Array.isArray(tools)) return;
    for (const { name, inputSchema } of tools) {
      const mirrored = [...mirroredIn(inputSchema, [])];
      if (mirrored.length > 0 && this.#tools.size < MAX_TOOLS) this.#tools.set(name, mirrored);
    }
  }

  /** The headers of a call. */
  of(tool: string, args: unknown): HeaderList {
    return (this.#tools.get(tool) ?? []).flatMap(({ path, header }) => {
      const value = path.reduce<unknown>(
        (inner, key) =>
          typeof inner === "object" && inner !== null
            ? (inner as Record<string, unknown>)[key]
            : undefined,
        args,
      );
      const isPlain = ["string", "number", "boolean"].includes(typeof value);
      return isPlain ? [[`mcp-param-${header.toLowerCase()}`, encodeValue(String(value))]] : [];
    });
  }
}

function* mirroredIn(schema: unknown, path: readonly string[]): Generator<Mirrored> {
  if (typeof schema !== "object" || schema === null || path.length > MAX_DEPTH) return;
  const { properties, "x-mcp-header": header } = schema as Record<string, unknown>;
  if (typeof header === "string" && /^[\w-]+$/.test(header) && path.length > 0) {
    yield { path, header };
  }
  if (typeof properties !== "object" || properties === null) return;
  for (const [key, inner] of Object.entries(properties)) {
    yield* mirroredIn(inner, [...path, key]);
  }
}
