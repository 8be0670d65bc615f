/**
 * What an answer to `tools/list` says of the tools.
 *
 * @module
 */

import { elementsOf, memberOf, stringEnd } from "../wire/json_text.ts";
import type { Message } from "../wire/message.ts";
import type { ListedTool } from "./facts.ts";

/** Tools of one answer that are told. */
const MAX_TOOLS = 4096;

/** Names of arguments that are told of one tool, and their characters together. */
const MAX_ARGUMENTS = 64, MAX_ARGUMENT_CHARS = 4096;

const QUOTE = 0x22, OPEN_OBJECT = 0x7b, OPEN_LIST = 0x5b;

const encoder = new TextEncoder(), decoder = new TextDecoder();
const [TOOLS, NAME, INPUT_SCHEMA, PROPERTIES] = ["tools", "name", "inputSchema", "properties"]
  .map((key) => encoder.encode(key)) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];

/** The tools; none where there are too many. */
export function listedTools(answer: Message): readonly ListedTool[] {
  const list = answer.member(TOOLS);
  if (list === null || list[0] !== OPEN_LIST) return [];
  const { bytes } = answer.scanner, start = list.byteOffset - bytes.byteOffset;
  const spans = elementsOf(bytes, start, start + list.length);
  if (spans.length > MAX_TOOLS) return [];
  return spans.flatMap(({ start, end }) => {
    const name = memberOf(bytes, start, end, NAME);
    if (name === undefined || bytes[name.start] !== QUOTE) return [];
    return [{
      name: textAt(bytes, name.start),
      bytes: end - start,
      arguments: argumentsIn(bytes, start, end),
    }];
  });
}

function argumentsIn(bytes: Uint8Array, start: number, end: number): readonly string[] | undefined {
  const schema = memberOf(bytes, start, end, INPUT_SCHEMA);
  if (!schema) return undefined;
  const properties = memberOf(bytes, schema.start, schema.end, PROPERTIES);
  if (!properties || bytes[properties.start] !== OPEN_OBJECT) return undefined;
  const names = elementsOf(bytes, properties.start, properties.end)
    .map(({ start }) => textAt(bytes, start));
  const isTooMuch = names.length > MAX_ARGUMENTS || names.join("").length > MAX_ARGUMENT_CHARS;
  return isTooMuch ? undefined : names;
}

/** The text that begins at a quote. */
function textAt(bytes: Uint8Array, start: number): string {
  return JSON.parse(decoder.decode(bytes.subarray(start, stringEnd(bytes, start))));
}
