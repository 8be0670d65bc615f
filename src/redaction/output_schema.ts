/**
 * Checks of whether a redacted result still is what its tool has promised: `outputSchema` of MCP.
 *
 * The schema is the server's, so its patterns run on the linear engine, references are never fetched,
 * and a schema that cannot be compiled is not held against the result: its client cannot either.
 *
 * @module
 */

import { Ajv2020 } from "ajv/dist/2020.js";
import type { Patterns } from "../patterns/pattern.ts";

/** Bytes of JSON text beyond which a schema is not compiled. */
export const MAX_SCHEMA_BYTES = 256 * 1024;

/** References beyond which a schema is not compiled: each may double the work. */
export const MAX_REFERENCES = 16;
/** Bytes of JSON text beyond which a value is not checked. */
export const MAX_VALUE_BYTES = 1024 * 1024;

/** Characters of the compiled schemas that are kept. */
export const MAX_SCHEMAS_CHARS: number = 4 * 1024 * 1024;

/** Checks values against schemas. */
export class OutputSchemas {
  readonly #ajv: Ajv2020;
  /** By the schemas' JSON texts. */
  readonly #compiled = new Map<string, ((value: unknown) => boolean) | null>();
  #chars = 0;

  constructor(patterns: Patterns) {
    const regExp = Object.assign((source: string) => {
      const pattern = patterns.compile(source);
      if ("message" in pattern) throw new Error(`Cannot compile a pattern: ${pattern.message}`);
      return { test: (text: string) => pattern.test(text), toString: () => source };
    }, { code: "linearRegExp" });
    this.#ajv = new Ajv2020({ strict: false, validateFormats: false, code: { regExp } });
  }

  /** Whether `value` fits; true also for a schema that cannot be used. */
  fits(schema: string, value: unknown): boolean {
    let check = this.#compiled.get(schema);
    if (check === undefined) {
      check = this.#compile(schema);
      this.#chars += schema.length;
      if (this.#chars > MAX_SCHEMAS_CHARS) this.#compiled.clear();
      if (this.#compiled.size === 0) this.#chars = schema.length;
      this.#compiled.set(schema, check);
    }
    return check?.(value) ?? true;
  }

  #compile(text: string): ((value: unknown) => boolean) | null {
    const references = text.split('"$ref"').length + text.split('"$dynamicRef"').length - 2;
    // Work without bound, on the server's word: what cannot be checked does not fit.
    const tooMuch = text.length > MAX_SCHEMA_BYTES || references > MAX_REFERENCES ||
      text.includes('"uniqueItems"');
    if (tooMuch) return () => false;
    const schema: unknown = JSON.parse(text);
    if (typeof schema !== "object" || schema === null) return null;
    // Its own $id would stand in the way of the next listing.
    const { $id: _, ...own } = schema as Record<string, unknown>;
    try {
      const validate = this.#ajv.compile(own);
      return (value) => JSON.stringify(value).length <= MAX_VALUE_BYTES && validate(value) === true;
    } catch {
      return null;
    } finally {
      // Ajv would keep it for good.
      this.#ajv.removeSchema(own);
    }
  }
}
