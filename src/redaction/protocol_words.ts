/**
 * Words that redaction leaves alone, because the protocol would break: names, handles and keywords of
 * MCP, where they stand in messages.
 *
 * @module
 */

type Path = readonly (string | number)[];

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));

/** Below these keys stands what tools and people say: nothing there is the protocol's. */
const FREE = words("arguments structuredContent data inputResponses value");

/** Below these keys stands a JSON Schema: its keys and keywords must stay. */
const SCHEMAS = words("inputSchema outputSchema requestedSchema");
const SCHEMA_KEYWORDS = words("type $schema $ref $id format pattern");

/** Values that are handles or words of the protocol wherever it puts them. */
const HANDLES = words(
  "jsonrpc id method progressToken requestId requestState nextCursor cursor taskId resultType " +
    "protocolVersion level status mode action elicitationId subscriptionId type role mimeType uri " +
    "uriTemplate cacheScope stopReason createdAt lastUpdatedAt version",
);

/** Numbers of the protocol, and of JSON Schema. */
const NUMBERS = words(
  "id code progressToken progress total requestId ttl ttlMs pollInterval priority maxTokens " +
    "temperature size minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength " +
    "maxLength minItems maxItems minProperties maxProperties",
);

/** Keys of the protocol's own objects. */
const KEYS = words(
  "jsonrpc id method params result error code message data content structuredContent isError text " +
    "type mimeType uri blob resource annotations audience priority lastModified name title " +
    "description icons src sizes tools prompts resources resourceTemplates uriTemplate contents " +
    "messages role arguments required inputSchema outputSchema requestedSchema serverInfo version " +
    "capabilities instructions protocolVersion nextCursor progressToken progress total level logger " +
    "completion values hasMore requestId reason task tasks taskId status statusMessage createdAt " +
    "lastUpdatedAt ttl ttlMs pollInterval resultType inputRequests requestState cacheScope roots " +
    "model stopReason systemPrompt maxTokens temperature mode action elicitationId url toolUseId _meta",
);

/** Keys above the protocol's own objects; below any other key is what others say. */
const CONTAINERS = words(
  "result error params content contents tools resources resourceTemplates prompts messages task " +
    "tasks roots resource annotations arguments capabilities serverInfo clientInfo completion icons",
);

/** Lists whose members have names that are called by. */
const NAMED = words("tools prompts");

/**
 * Whether the string or number at `path` of a message is the protocol's own and must stay as it is.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.equal(isProtocolWord(["params", "name"], false), true);
 * assert.equal(isProtocolWord(["params", "arguments", "name"], false), false);
 * ```
 */
export function isProtocolWord(path: Path, isKey: boolean, isNumber = false): boolean {
  const holders = isKey ? path.slice(0, -1) : path;
  const last = String(
    isKey ? path.at(-1) : path.findLast((step) => typeof step === "string") ?? "",
  );
  const free = holders.findIndex((step) => FREE.has(String(step)));
  // `error.data`, `params.data`, a content item's `data`: the key itself is the protocol's.
  if (free >= 0 && (isKey || free < holders.length - 1 || FREE.has(last))) return false;
  if (holders.includes("_meta")) return isProtocolMeta(last, isKey);
  if (isNumber && NUMBERS.has(last)) return isOurs(path.slice(0, -1));
  if (holders.some((step) => SCHEMAS.has(String(step)))) {
    return isKey || SCHEMA_KEYWORDS.has(last) || holders.includes("required");
  }
  if (!isKey && typeof path.at(-1) === "number") return false;
  if (!isOurs(path.slice(0, -1))) return false;
  if (isKey) return KEYS.has(last);
  if (HANDLES.has(last)) return true;
  return last === "name" && (path.length === 2 || NAMED.has(String(path[1])));
}

/** Whether these keys lead to one of the protocol's own objects, or a schema. */
function isOurs(above: Path): boolean {
  return above.some((step) => SCHEMAS.has(String(step))) ||
    above.every((step) => typeof step === "number" || CONTAINERS.has(step));
}

/** What is a handle in `_meta`; all else there, also below the protocol's prefix, is what others say. */
const META_HANDLES = words(
  "progressToken taskId io.modelcontextprotocol/protocolVersion " +
    "io.modelcontextprotocol/subscriptionId io.modelcontextprotocol/logLevel",
);

/** Keys of the protocol's own in `_meta`. */
const META_KEYS = words(
  "io.modelcontextprotocol/clientInfo io.modelcontextprotocol/clientCapabilities " +
    "io.modelcontextprotocol/related-task io.modelcontextprotocol/model-immediate-response",
);

function isProtocolMeta(key: string, isKey: boolean): boolean {
  return META_HANDLES.has(key) || isKey && META_KEYS.has(key);
}
