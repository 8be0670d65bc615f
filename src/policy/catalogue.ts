/**
 * Memory of what the server has said of its tools, bounded in bytes: a server may say anything.
 *
 * @module
 */

import { memberOf } from "../wire/json_text.ts";

/** Tools that are remembered; beyond it the oldest are forgotten. */
export const MAX_TOOLS = 4096;

/** UTF-16 code units of names and JSON texts that are remembered, of one tool and of all. */
export const MAX_TOOL_CHARS: number = 512 * 1024, MAX_CATALOGUE_CHARS: number = 4 * 1024 * 1024;

const encoder = new TextEncoder(), decoder = new TextDecoder();
const NAME = encoder.encode("name"), ANNOTATIONS = encoder.encode("annotations");
const OUTPUT_SCHEMA = encoder.encode("outputSchema");

/** What is remembered of a tool: JSON texts, which take a tenth of what their values do. */
interface ListedTool {
  readonly annotations: string | undefined;
  readonly outputSchema: string | undefined;
}

/** The tools of one server, as it last listed them. */
export class ToolCatalogue {
  readonly #tools = new Map<string, ListedTool>();
  #chars = 0;
  readonly #onOutputSchema: () => void;

  /** @param onOutputSchema Called with each tool that is learned and has an `outputSchema`. */
  constructor(onOutputSchema: () => void = () => {}) {
    this.#onOutputSchema = onOutputSchema;
  }

  /** Whether the server has declared that it tells of changes (`tools.listChanged`). */
  tellsChanges = false;

  /** `tools[].annotations`, undefined when there are none. */
  annotationsOf(tool: string): unknown {
    const text = this.annotationsTextOf(tool);
    return text === undefined ? undefined : JSON.parse(text);
  }

  /** JSON text of `tools[].annotations`, undefined when there are none. */
  annotationsTextOf(tool: string): string | undefined {
    return this.#tools.get(tool)?.annotations;
  }

  /** JSON text of `tools[].outputSchema`, undefined when there is none. */
  outputSchemaOf(tool: string): string | undefined {
    return this.#tools.get(tool)?.outputSchema;
  }

  /** The listed tools that `isHidden`, as one text to compare. */
  hidden(isHidden: (tool: string) => boolean): string {
    return [...this.#tools.keys()].filter(isHidden).sort().join("\n");
  }

  /** Remembers the element of `tools` at `[start, end)`; answers its name, or null when it has none. */
  learn(bytes: Uint8Array, start: number, end: number): string | null {
    const textOf = (key: Uint8Array) => {
      const span = memberOf(bytes, start, end, key);
      return span && decoder.decode(bytes.subarray(span.start, span.end));
    };
    const name: unknown = JSON.parse(textOf(NAME) ?? "null");
    if (typeof name !== "string") return null;
    this.#remember(name, { annotations: textOf(ANNOTATIONS), outputSchema: textOf(OUTPUT_SCHEMA) });
    return name;
  }

  #remember(name: string, tool: ListedTool): void {
    this.#forget(name);
    const chars = charsOf(name, tool);
    if (chars > MAX_TOOL_CHARS) return;
    this.#tools.set(name, tool);
    this.#chars += chars;
    for (const oldest of this.#tools.keys()) {
      if (this.#tools.size <= MAX_TOOLS && this.#chars <= MAX_CATALOGUE_CHARS) break;
      this.#forget(oldest);
    }
    if (tool.outputSchema !== undefined) this.#onOutputSchema();
  }

  #forget(name: string): void {
    const tool = this.#tools.get(name);
    if (tool === undefined) return;
    this.#tools.delete(name);
    this.#chars -= charsOf(name, tool);
  }
}

function charsOf(name: string, { annotations, outputSchema }: ListedTool): number {
  return name.length + (annotations?.length ?? 0) + (outputSchema?.length ?? 0);
}
