/**
 * A policy, once it is loaded.
 *
 * @module
 */

import type { Condition } from "../expr/condition.ts";
import type { CallEnv } from "./env.ts";
import type { NameMatcher } from "./names.ts";
import type { TomlProblem } from "../toml/toml.ts";
import type { NumberTreatment } from "../redaction/numbers.ts";
import type { Redaction } from "../redaction/redaction.ts";

/** Effect of a rule. */
export type Action = "allow" | "deny" | "redact" | "rate_limit";

/** Members of every rule. */
interface RuleBase {
  readonly id: string;
  /** Methods that it speaks of: `tools/call`, unless it says otherwise. */
  readonly methods: NameMatcher;
  readonly tools: NameMatcher;
  readonly servers: NameMatcher;
  /** Null: whatever the call. */
  readonly condition: Condition<CallEnv> | null;
  /** A shadow rule is evaluated and recorded, and changes nothing. */
  readonly mode: "enforce" | "shadow";
  /** Words for the agent; null for the usual ones. */
  readonly message: string | null;
}

/** Decides, and ends the walk. */
export interface DecidingRule extends RuleBase {
  readonly action: "allow" | "deny";
}

/** Counts the calls it matches, and refuses those that are too many. */
export interface LimitRule extends RuleBase {
  readonly action: "rate_limit";
  readonly maxCalls: number;
  readonly windowMs: number;
}

/** Redacts; stands outside the walk. */
export interface RedactRule extends RuleBase {
  readonly action: "redact";
  readonly redaction: Redaction;
  readonly on: "both" | "arguments" | "result";
  /** Undefined: refused in arguments, `0` in results. */
  readonly numbers: NumberTreatment | undefined;
  /** Whether its condition asks for the result: then it redacts nothing before there is one. */
  readonly readsResult: boolean;
}

/** A rule of a policy. */
export type Rule = DecidingRule | LimitRule | RedactRule;

/** One `[[tests]]` entry. */
export interface PolicyTest {
  readonly name: string;
  /** `tools/call`, unless it says otherwise. */
  readonly method: string;
  /** Empty for another method than `tools/call`. */
  readonly tool: string;
  readonly arguments: unknown;
  /** Parameters of a request of another method. */
  readonly params: unknown;
  readonly expect: "allow" | "deny" | "rate_limit";
  /** The rule that must have decided. */
  readonly rule: string | undefined;
  readonly server: string | undefined;
  readonly agent: string | undefined;
  /** Milliseconds since the epoch; undefined for now. */
  readonly time: number | undefined;
  /** The n-th call is judged. */
  readonly calls: number;
  readonly result: unknown;
  /** Shadow rules that would have decided otherwise. */
  readonly shadow: readonly string[] | undefined;
  readonly expectArguments: unknown;
  readonly expectResult: unknown;
  /** The file it stands in. */
  readonly file: string;
}

/** A file and its text. */
export interface PolicySource {
  readonly file: string;
  readonly text: string;
  /** Packs that it extends, where they are at hand; undefined to read those that it names. */
  readonly packs?: readonly PackSource[];
}

/** A pack that is at hand. */
export interface PackSource extends PolicySource {
  /** Stands before the ids of its rules: `team/`, or `team/base/` for a pack of a pack. */
  readonly prefix: string;
}

/** A file that was read for a policy; the prefix is empty for one that is no pack. */
export type LoadedSource = Pick<PackSource, "file" | "text" | "prefix">;

/** One or more files, read in order as one policy. Immutable; replaced whole. */
export interface Policy {
  readonly name: string;
  readonly files: readonly string[];
  /** All that was read for it; packs follow the file that extends them. */
  readonly sources: readonly LoadedSource[];
  /** Decision when no rule makes one. */
  readonly defaultAction: "allow" | "deny";
  /** IANA name, for `time.*`. */
  readonly timezone: string;
  readonly rules: readonly Rule[];
  readonly tests: readonly PolicyTest[];
  /** Packs that the files extend, each a policy of its own; their rules are among {@link rules}. */
  readonly packs: readonly Policy[];
  /** Files of `[redaction] rules`; each is one redact rule, behind those of its policy file. */
  readonly ruleFiles: readonly RuleFile[];
  /** Whether any rule speaks of other methods than calls. */
  readonly namesMethods: boolean;
  readonly warnings: readonly PolicyWarning[];
}

/** A file of rules for secrets. */
export interface RuleFile {
  readonly file: string;
  /** Rules in it that redact. */
  readonly rules: number;
}

/** Something in a policy file that loads, and will not do what it says. */
export interface PolicyWarning {
  readonly file: string;
  /** Text of the file, to show the place in. */
  readonly text: string;
  readonly problem: TomlProblem;
}
