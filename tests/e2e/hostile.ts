/**
 * Lines that a JSON proxy must not pass on. Each would reach, or be read otherwise by, some real
 * parser.
 */

const bash = '"method":"tools/call","params":{"name":"bash","arguments":{}}';
const rpc = '"jsonrpc":"2.0"';

/** From the agent: `[what it is, the raw line]`. */
export const TO_SERVER: readonly (readonly [string, string | Uint8Array])[] = [
  ["a duplicate method", `{${rpc},"id":1,"method":"ping",${bash}}`],
  ["a duplicate jsonrpc", `{${rpc},${rpc},"id":1,${bash}}`],
  ["a duplicate name", `{${rpc},"id":1,"method":"tools/call","params":{"name":"a","name":"bash"}}`],
  ["a duplicate written with an escape", `{${rpc},"id":1,"\\u006dethod":"ping",${bash}}`],
  [
    "a duplicate deep in the arguments",
    `{${rpc},"id":1,"method":"tools/call","params":{"name":"b","arguments":{"x":[{"k":1,"k":2}]}}}`,
  ],
  [
    "nesting past the bound",
    `{${rpc},"id":1,"method":"tools/call","params":{"name":"b","arguments":${"[".repeat(200)}${
      "]".repeat(200)
    }}}`,
  ],
  ["a call without an id", `{${rpc},${bash}}`],
  ["a call with the id null", `{${rpc},"id":null,${bash}}`],
  ["an id that is a fraction", `{${rpc},"id":1.5,${bash}}`],
  ["an id written 1.0", `{${rpc},"id":1.0,${bash}}`],
  ["an id past 2^53", `{${rpc},"id":9007199254740993,${bash}}`],
  ["an id that is a list", `{${rpc},"id":[1],${bash}}`],
  ["an id that is a boolean", `{${rpc},"id":true,${bash}}`],
  ["no jsonrpc", `{"id":1,${bash}}`],
  ["jsonrpc 1.0", `{"jsonrpc":"1.0","id":1,${bash}}`],
  ["jsonrpc as a number", `{"jsonrpc":2.0,"id":1,${bash}}`],
  ["a byte order mark", `\ufeff{${rpc},"id":1,${bash}}`],
  ["NaN", `{${rpc},"id":1,"method":"tools/call","params":{"name":"b","arguments":{"n":NaN}}}`],
  ["Method for method", `{${rpc},"id":1,"Method":"tools/call","params":{"name":"bash"}}`],
  ["Name beside name", `{${rpc},"id":1,"method":"tools/call","params":{"name":"a","Name":"bash"}}`],
  [
    "Arguments for arguments",
    `{${rpc},"id":1,"method":"tools/call","params":{"name":"a","Arguments":{}}}`,
  ],
  [
    "name with a NUL in the key",
    `{${rpc},"id":1,"method":"tools/call","params":{"name":"a","name\\u0000":"bash"}}`,
  ],
  ["a name that is a list", `{${rpc},"id":1,"method":"tools/call","params":{"name":["bash"]}}`],
  [
    "a name with a lone surrogate",
    `{${rpc},"id":1,"method":"tools/call","params":{"name":"ba\\ud800sh"}}`,
  ],
  ["TOOLS/CALL", `{${rpc},"id":1,"method":"TOOLS/CALL","params":{"name":"bash"}}`],
  ["tools/call with blanks", `{${rpc},"id":1,"method":" tools/call ","params":{"name":"bash"}}`],
  ["params as a list", `{${rpc},"id":1,"method":"tools/call","params":["bash"]}`],
  ["an extra key in the envelope", `{${rpc},"id":1,"x":0,${bash}}`],
  ["a method beside a result", `{${rpc},"id":1,"result":{},${bash}}`],
  ["__proto__ in the envelope", `{${rpc},"id":1,"__proto__":{},${bash}}`],
  ["two values on a line", `{${rpc},"id":1,"method":"ping"}{${rpc},"id":2,${bash}}`],
  ["a garbage prefix", `xx{${rpc},"id":1,${bash}}`],
  ["a garbage suffix", `{${rpc},"id":1,${bash}}]`],
  ["a lone CR between values", `{"method":"ping","params":{"x":\r{${rpc},"id":1,${bash}}\r}}`],
  ["a CR too many at the end", `{${rpc},"id":1,${bash}}\r\r`],
  ["a NUL", `{${rpc},"id":1,${bash}}\0`],
  ["a form feed", `{${rpc},\f"id":1,${bash}}`],
  ["a no-break space", `{${rpc},\u00a0"id":1,${bash}}`],
  ["a comment", `{${rpc},/**/"id":1,${bash}}`],
  ["a trailing comma", `{${rpc},"id":1,${bash},}`],
  ["single quotes", `{'jsonrpc':'2.0','id':1,'method':'tools/call'}`],
  [
    "invalid UTF-8",
    bytes(
      `{${rpc},"id":1,"method":"tools/call","params":{"name":"b","arguments":{"x":"`,
      [0xff],
      `"}}}`,
    ),
  ],
  [
    "an overlong slash",
    bytes(`{${rpc},"id":1,"method":"tools`, [0xc0, 0xaf], `call","params":{"name":"bash"}}`),
  ],
  [
    "a surrogate in UTF-8",
    bytes(`{${rpc},"id":1,"method":"tools/call","params":{"name":"b","arguments":{"x":"`, [
      0xed,
      0xa0,
      0x80,
    ], `"}}}`),
  ],
  ["UTF-16", utf16(`{${rpc},"id":1,${bash}}`)],
  ["an empty batch", "[]"],
  ["a nested batch", `[[{${rpc},"id":1,${bash}}]]`],
  ["a batch with a number in it", `[{${rpc},"id":1,${bash}},1]`],
  ["a batch with a malformed call", `[{${rpc},"id":1,${bash}},{"id":2,${bash}}]`],
  ["a batch with one id twice", `[{${rpc},"id":1,${bash}},{${rpc},"id":1,${bash}}]`],
  ["a batch with a call that has no id", `[{${rpc},${bash}}]`],
  ["an answer to nothing", `{${rpc},"id":77,"result":{}}`],
];

/** From the server; an answer in them would be for the open request 1. */
export const TO_AGENT: readonly (readonly [string, string | Uint8Array])[] = [
  ["a log line", "Server listening on stdio"],
  ["an ANSI log line", "\x1b[31mERROR\x1b[0m failed"],
  ["half a message", `{${rpc},"id":99,"result":`],
  ["a duplicate result", `{${rpc},"id":99,"result":{},"result":{"x":1}}`],
  ["a duplicate key in the result", `{${rpc},"id":99,"result":{"a":1,"a":2}}`],
  ["an extra method", `{${rpc},"id":99,"method":"x","result":{}}`],
  ["a malformed error code", `{${rpc},"id":99,"error":{"code":"x","message":"m"}}`],
  ["an id written 1.0", `{${rpc},"id":99.0,"result":{}}`],
  ["an answer to nothing", `{${rpc},"id":12345,"result":{}}`],
  ["a second answer", `{${rpc},"id":"never asked","result":{}}`],
  [
    "nesting past the bound",
    `{${rpc},"id":99,"result":{"a":${"[".repeat(200)}${"]".repeat(200)}}}`,
  ],
  ["invalid UTF-8", bytes(`{${rpc},"id":99,"result":{"x":"`, [0xff], `"}}`)],
  ["a byte order mark", `\ufeff{${rpc},"id":99,"result":{}}`],
  ["NaN", `{${rpc},"id":99,"result":{"n":NaN}}`],
  ["an empty batch", "[]"],
  ["a batch with an answer to nothing", `[{${rpc},"id":12345,"result":{}}]`],
  ["a request with the id null", `{${rpc},"id":null,"method":"sampling/createMessage"}`],
];

function bytes(...parts: (string | number[])[]): Uint8Array {
  return new Uint8Array(
    parts.flatMap((part) => typeof part === "string" ? [...new TextEncoder().encode(part)] : part),
  );
}

function utf16(text: string): Uint8Array {
  return new Uint8Array([...text].flatMap((c) => [c.charCodeAt(0), 0]));
}
