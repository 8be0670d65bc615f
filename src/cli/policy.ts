/**
 * `agentgate policy`: checks, tests and explains policies, without a gateway.
 *
 * @module
 */

import { loadConfig } from "../config/config.ts";
import { UsageError } from "../errors.ts";
import { loadPolicy, warningTexts } from "../policy/load.ts";
import { rulePlaces } from "../policy/rule_places.ts";
import { parseInstant } from "../policy/local_time.ts";
import { policySchemaText } from "../policy/schema.ts";
import { loadPatterns } from "../patterns/pattern.ts";
import { Simulation } from "../simulate/simulation.ts";
import { visible } from "../visible.ts";
import { print } from "./output.ts";
import { explainCall } from "./policy/explain_call.ts";
import { explanationText } from "./policy/explanation_text.ts";
import { junitReport } from "./policy/junit.ts";
import { writeReport } from "./policy/report_file.ts";
import {
  jsonReport,
  mutationLines,
  type Suite,
  suiteLines,
  summaryLines,
} from "./policy/suites.ts";
import { runSuites } from "./policy/run_suites.ts";
import { counted, inRuleFiles, ownRules } from "./policy/size.ts";
import type { GlobalOptions } from "./options.ts";

/** The options of `policy test`, as typed. */
export interface TestOptions {
  readonly together?: true;
  readonly mutate?: true;
  readonly junit?: string;
  readonly json?: string;
}

/** The options of `policy explain`, as typed. */
export interface ExplainOptions extends GlobalOptions {
  readonly call?: string;
  readonly policy?: readonly string[];
  readonly tool?: string;
  readonly arguments?: string;
  readonly method?: string;
  readonly params?: string;
  readonly server?: string;
  readonly agent?: string;
  readonly time?: string;
  readonly annotations?: string;
  readonly json?: true;
}

/**
 * Prints the JSON Schema of policy files, for editors.
 *
 * @returns The exit code.
 */
export async function schema(): Promise<number> {
  await print(policySchemaText());
  return 0;
}

/**
 * Loads each file on its own, and prints what is wrong with it.
 *
 * @returns The exit code: 2 when one does not load.
 */
export async function check(files: readonly string[]): Promise<number> {
  let allLoad = true;
  for (const file of files) {
    using patterns = await loadPatterns();
    const policy = await loadPolicy([file], patterns).catch(saidBy);
    if (typeof policy === "string") {
      console.error(policy);
      allLoad = false;
      continue;
    }
    const { tests, warnings } = policy;
    const size = `${counted(ownRules(policy), "rule")}, ${counted(tests.length, "test")}`;
    await print(`ok ${visible(file)} (${size}${inRuleFiles(policy)})\n`);
    for (const warning of await warningTexts(warnings)) console.error(`warning: ${warning}`);
  }
  return allLoad ? 0 : 2;
}

/** What a file that does not load has to say. */
function saidBy(fault: unknown): string {
  if (fault instanceof UsageError) return fault.message;
  throw fault;
}

/**
 * Runs the tests of the files; with `--mutate`, sees what they would miss.
 *
 * @returns The exit code: 1 when a test fails or a mutant is not noticed, 2 when a file does not load.
 * @throws {UsageError} when a report cannot be written.
 */
export async function test(files: readonly string[], options: TestOptions): Promise<number> {
  const suites: Suite[] = [], { mutate: mutates = false } = options;
  const groups = options.together ? [files] : files.map((file) => [file]);
  for await (const suite of runSuites(groups, mutates)) {
    suites.push(suite);
    if (suite.problem !== null) console.error(suite.problem);
    await print(suiteLines(suite));
  }
  await print(summaryLines(suites));
  if (mutates) await print(`\n${suites.map(mutationLines).join("")}`);
  if (options.junit !== undefined) await writeReport(options.junit, junitReport(suites));
  if (options.json !== undefined) await writeReport(options.json, jsonReport(suites));
  if (suites.some(({ problem }) => problem !== null)) return 2;
  return suites.every(isWell) ? 0 : 1;
}

function isWell({ tests, mutation }: Suite): boolean {
  return tests.every(({ passed }) => passed) && (mutation?.unnoticed ?? []).length === 0;
}

/**
 * Prints what every rule makes of a call, and what is decided.
 *
 * @param words Files of the policy.
 * @returns The exit code.
 * @throws {UsageError} for an option whose value means nothing, and without a policy.
 * @throws {FileError} for a policy that does not load.
 */
export async function explain(
  words: readonly string[],
  options: ExplainOptions,
): Promise<number> {
  const { tool, method, policy: named = [] } = options;
  if (words.length > 0 && named.length > 0) {
    throw new UsageError("give the policy as words or by --policy, not both: their order counts");
  }
  const files = [...words, ...named];
  if (options.call !== undefined) return await explainCall(options.call, files, options);
  if (tool === undefined && method === undefined) {
    const other = "--call <id>, for a recorded call, or --method <name>, for another request";
    throw new UsageError(`required option '--tool <name>' not specified (or ${other})`);
  }
  if (tool !== undefined && method !== undefined) {
    throw new UsageError("give --tool or --method, not both: only tools/call has a tool");
  }
  const call = {
    tool: tool ?? "",
    method,
    params: jsonObject("--params", options.params),
    arguments: jsonObject("--arguments", options.arguments),
    server: options.server,
    agent: options.agent,
    time: instant(options.time),
    annotations: jsonObject("--annotations", options.annotations),
  };
  using patterns = await loadPatterns();
  const policy = await loadPolicy(
    files.length > 0 ? files : await configuredPolicies(options),
    patterns,
  );
  const places = await rulePlaces(policy);
  const explanation = { ...new Simulation(policy, patterns).explain(call), places };
  await print(
    options.json ? `${JSON.stringify(explanation, null, 2)}\n` : explanationText(explanation),
  );
  return 0;
}

async function configuredPolicies({ config, db }: GlobalOptions): Promise<readonly string[]> {
  const { policyPaths } = await loadConfig({ path: config, db, env: Deno.env.toObject() });
  if (policyPaths.length > 0) return policyPaths;
  throw new UsageError(
    "there is no policy to explain: give --policy, or policy_path in the config",
  );
}

/**
 * Reads a word that must be a JSON object; undefined when the option is not there.
 *
 * @throws {UsageError} when it is none.
 */
function jsonObject(option: string, word: string | undefined): unknown {
  if (word === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(word);
  } catch (fault) {
    throw new UsageError(`${option} is not JSON: ${visible((fault as Error).message)}`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new UsageError(`${option} must be a JSON object, as '{"command":"ls"}'`);
}

function instant(word: string | undefined): number {
  if (word === undefined) return Date.now();
  const time = parseInstant(word);
  if (time !== undefined) return time;
  throw new UsageError(`--time ${JSON.stringify(word)} is not like 2026-04-03T09:01:12Z`);
}
