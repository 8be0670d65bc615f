/**
 * Memory of what the server has said of its tools.
 *
 * @module
 */

/** Tools that are remembered; beyond it new ones are not. */
export const MAX_TOOLS = 4096;

/** What is remembered of a tool. */
interface ListedTool {
  readonly annotations: unknown;
  readonly outputSchema: unknown;
}

/** The tools of one server, as it last listed them. */
export class ToolCatalogue {
  readonly #tools = new Map<string, ListedTool>();
  readonly #onOutputSchema: () => void;

  /** @param onOutputSchema Called with each tool that is learned and has an `outputSchema`. */
  constructor(onOutputSchema: () => void = () => {}) {
    this.#onOutputSchema = onOutputSchema;
  }

  /** Whether the server has declared that it tells of changes (`tools.listChanged`). */
  tellsChanges = false;

  /** `tools[].annotations`, undefined when there are none. */
  annotationsOf(tool: string): unknown {
    return this.#tools.get(tool)?.annotations;
  }

  /** `tools[].outputSchema`, undefined when there is none. */
  outputSchemaOf(tool: string): unknown {
    return this.#tools.get(tool)?.outputSchema;
  }

  /** The listed tools that `isHidden`, as one text to compare. */
  hidden(isHidden: (tool: string) => boolean): string {
    return [...this.#tools.keys()].filter(isHidden).sort().join("\n");
  }

  /** Remembers an element of `tools`; answers its name, or null when it has none. */
  learn(tool: unknown): string | null {
    if (typeof tool !== "object" || tool === null) return null;
    const { name, annotations, outputSchema } = tool as Record<string, unknown>;
    if (typeof name !== "string") return null;
    if (this.#tools.size < MAX_TOOLS || this.#tools.has(name)) {
      this.#tools.set(name, { annotations, outputSchema });
      if (outputSchema !== undefined) this.#onOutputSchema();
    }
    return name;
  }
}
