/**
 * The policy file as JSON Schema (draft 7), for editors that complete and check while one types.
 *
 * It refuses nothing that the readers take. Conditions, patterns and names of rules are theirs alone.
 *
 * @module
 */

import { DETECTOR_NAMES } from "../redaction/detectors.ts";
import {
  integer,
  json,
  type JsonSchema,
  jsonTable,
  list,
  type Properties,
  string,
  strings,
  subtable,
  tables,
  text,
  word,
} from "../toml/schema.ts";
import * as words from "./file_words.ts";
import { INSTANT } from "./local_time.ts";
import { TOOLS_CALL } from "./methods.ts";
import { BUILTIN, SHIPPED_PACKS } from "./packs.ts";

type Action = typeof words.ACTIONS[number];

const { RANGES, LISTS } = words;

const METADATA: Properties = {
  name: string("What the policy is called in messages and records; by default, its file."),
  version: string("Your own version of the policy. AgentGate does not look at it."),
  default: word("What happens to calls that no rule decides; by default, allow.", words.DEFAULTS),
  timezone: string('IANA name for time.hour and its kin, as "Europe/Paris"; by default, UTC.'),
};

/** Keys that any rule may have. */
const EVERY_RULE: Properties = {
  id: string("The rule's name in answers, records and tests; unique in the policy."),
  tool: strings("The tools it speaks of: a name, a glob (fs_*, *), or a list of them."),
  server: strings("The servers it speaks of: a name, a glob, or a list; by default, all."),
  method: strings('Other requests than calls, as "resources/*". Only allow and deny take it.'),
  condition: string("What must hold, as \"arguments.command matches 'rm'\"; by default, always."),
  action: word(
    "What it does: allow and deny decide, redact masks, rate_limit counts.",
    words.ACTIONS,
  ),
  mode: word("A shadow rule changes nothing, and only records what it would do.", words.MODES),
  message: string("What the agent is told when the rule refuses its call."),
};

/** Keys that only rules of one action have. */
const RULES_OF: Readonly<Record<Action, Properties>> = {
  allow: {},
  deny: {},
  redact: {
    pattern: string("What to mask: a regular expression in Rust's dialect."),
    detect: strings("What to mask: built-in detectors, or groups of them.", {
      enum: DETECTOR_NAMES,
    }),
    replacement: text("What stands in its place, with $1 or ${name}; by default, [REDACTED]."),
    on: word("Where to look; by default, in both directions.", words.REDACTED_SIDES),
    numbers: word("What becomes of a number that matches.", words.NUMBER_TREATMENTS),
  },
  rate_limit: {
    max_calls: integer("Calls that pass in a window.", RANGES.maxCalls),
    window_seconds: integer("Length of the window, in seconds.", RANGES.windowSeconds),
  },
};

/** What rules of one action need besides, and must not have. */
const DEMANDS: Readonly<Partial<Record<Action, Record<string, unknown>>>> = {
  redact: { anyOf: [{ required: ["pattern"] }, { required: ["detect"] }] },
  rate_limit: { required: Object.keys(RULES_OF.rate_limit) },
};
const UNFIT: Readonly<Record<Action, readonly string[]>> = {
  ...{ allow: [], deny: [], redact: ["method", "message"], rate_limit: ["method"] },
};

const TEST: Properties = {
  name: string("What the test shows, in words."),
  tool: string("The tool that is called."),
  arguments: jsonTable("The call's arguments."),
  method: string("Another request than a call, as resources/read; then without tool."),
  params: jsonTable("That request's params."),
  server: string("The server's name; by default, server."),
  agent: string("The agent's name; by default, none."),
  time: {
    ...{ description: "When the call is made, as 2026-04-03T09:01:12Z; by default, now." },
    ...{ type: "string", pattern: INSTANT.source },
  },
  calls: integer("How often the call is made; the last one is judged.", RANGES.testCalls),
  result: json("What the server answers."),
  expect: word("What is decided. Tests of what must pass count, too.", words.EXPECTATIONS),
  rule: string('The rule that must have decided; "default" for none.'),
  shadow: list("The shadow rules that would have decided otherwise, in order."),
  expect_arguments: json("The arguments that the server gets, after redaction."),
  expect_result: json("The result that the agent gets, after redaction."),
};

/** A file may extend shipped policies and its own neighbours. */
const PACK: JsonSchema = {
  anyOf: [
    { enum: SHIPPED_PACKS },
    { type: "string", minLength: 1, not: { pattern: `^${BUILTIN}` } },
  ],
};

/** Its usual name, beside the policy. */
export const SCHEMA_FILE = "policy.schema.json";

/** The schema as the text of a file. */
export function policySchemaText(): string {
  return `${JSON.stringify(policySchema(), null, 2)}\n`;
}

/** Makes the schema. */
export function policySchema(): JsonSchema {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "AgentGate policy",
    ...subtable("Which calls of tools pass, which are refused, and what is masked.", {
      extends: strings("Policies whose rules follow those of this file.", PACK),
      metadata: subtable("About the whole file.", METADATA),
      lists: listsTable(),
      redaction: subtable("Rules for secrets from elsewhere.", {
        rules: strings("Files in the format of gitleaks 8, beside this one."),
      }, { required: ["rules"] }),
      rules: tables("Rules, tried in order: the first to allow or deny decides.", rule()),
      tests: tables("Calls, and what must come of them: agentgate policy test.", test()),
    }),
  };
}

function listsTable(): JsonSchema {
  return subtable("Constants, for conditions: lists.hosts.", {}, {
    maxProperties: LISTS.count,
    patternProperties: {
      [LISTS.name.source]: {
        description: "Strings or numbers.",
        type: "array",
        items: { type: ["string", "number"] },
        ...{ minItems: 1, maxItems: LISTS.items },
      },
    },
  });
}

function rule(): JsonSchema {
  const ofActions = Object.assign({}, ...Object.values(RULES_OF)) as Properties;
  return subtable("One rule.", { ...EVERY_RULE, ...ofActions }, {
    required: ["id", "action"],
    anyOf: [{ required: ["tool"] }, { required: ["method"] }],
    allOf: [
      ...words.ACTIONS.map((action) => ({
        if: { required: ["action"], properties: { action: { const: action } } },
        then: { ...DEMANDS[action], properties: without(keysUnfitFor(action, ofActions)) },
      })),
      {
        if: { required: ["method"] },
        then: { properties: { mode: { not: { const: "shadow" } } } },
      },
    ],
  });
}

function keysUnfitFor(action: Action, ofActions: Properties): readonly string[] {
  const others = Object.keys(ofActions).filter((key) => !Object.hasOwn(RULES_OF[action], key));
  return [...others, ...UNFIT[action]];
}

function test(): JsonSchema {
  return subtable("One test.", TEST, {
    required: ["name", "expect"],
    if: { required: ["method"], properties: { method: { not: { const: TOOLS_CALL } } } },
    else: { required: ["tool"], properties: without(["params"]) },
  });
}

function without(keys: readonly string[]): Properties {
  return Object.fromEntries(keys.map((key) => [key, false]));
}
