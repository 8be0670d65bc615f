/**
 * The policies that AgentGate is measured with. None touches the calls that are measured: what is
 * measured is looking, not refusing or redacting. Each comes with a call that it does touch.
 *
 * @module
 */

import type { Proof } from "./job.ts";

/** A policy. */
export interface BenchPolicy {
  readonly text: string;
  readonly proof: Proof;
}

/** The server's tools, as it were: rules are spread over them evenly. */
const TOOLS = Object.freeze([
  "read_file",
  "write_file",
  "list_folder",
  "search",
  "run_shell",
  "http_request",
  "query",
  "send_mail",
  "create_issue",
  "echo",
]);

/** Rules that deny calls of ten tools, of which one is called, by a pattern for an argument. */
export function denyingRules(count: number): BenchPolicy {
  const rules = Array.from({ length: count }, (_, i) =>
    `[[rules]]
id = "rule-${i}"
tool = "${TOOLS[i % TOOLS.length]}"
action = "deny"
condition = "arguments.message matches 'forbidden-${i}\\\\s+-[rf]+'"
`);
  return {
    text: rules.join("\n"),
    proof: { message: `forbidden-${count - 1} -rf`, outcome: "refused" },
  };
}

/** What secrets look like. */
const SECRETS: Readonly<Record<string, string>> = Object.freeze({
  "aws-key": "\\b(?:AKIA|ASIA)[A-Z0-9]{16}\\b",
  "github-token": "gh[pousr]_[A-Za-z0-9]{36}",
  "api-key": "sk-[A-Za-z0-9_-]{20,}",
  "slack-token": "xox[abprs]-[A-Za-z0-9-]{10,}",
  "jwt": "eyJ[A-Za-z0-9_-]{8,}\\.eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}",
  "private-key": "-----BEGIN [A-Z ]*PRIVATE KEY-----",
});

/** How many kinds of secrets {@link redactingRules} looks for. */
export const REDACT_RULES: number = Object.keys(SECRETS).length;

/** Rules that redact secrets in the arguments and the results of every tool. */
export function redactingRules(): BenchPolicy {
  const rules = Object.entries(SECRETS).map(([id, pattern]) =>
    `[[rules]]
id = "${id}"
tool = "*"
action = "redact"
pattern = '${pattern}'
`
  );
  return {
    text: rules.join("\n"),
    proof: { message: "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8", outcome: "redacted" },
  };
}
