/**
 * Which arguments of a call a rule asks for, and how.
 *
 * @module
 */

import type { Comparison, Condition } from "../models/rule_from_call.ts";

const WORDS: Readonly<Record<Comparison, string>> = {
  equals: "is",
  starts: "begins with",
  contains: "contains",
  host: "leads to the host of",
};

/** The arguments that could be asked for. */
export function RuleConditions(
  { proposed, chosen, onToggle }: {
    readonly proposed: readonly Condition[];
    readonly chosen: readonly Condition[];
    readonly onToggle: (condition: Condition, isChosen: boolean) => void;
  },
) {
  if (proposed.length === 0) return null;
  return (
    <fieldset>
      <legend>When, at most three of</legend>
      {proposed.map((condition) => {
        const name = condition.path.join("."), key = condition.path.join("\0");
        const now = chosen.find(({ path }) => path.join("\0") === key);
        const of = now ?? condition, isText = typeof of.value === "string";
        return (
          <div class="row" key={key}>
            <label>
              <input
                type="checkbox"
                checked={now !== undefined}
                onChange={({ currentTarget }) => onToggle(of, currentTarget.checked)}
              />{" "}
              <code>{name}</code>
            </label>
            {isText && (
              <select
                aria-label={`How ${name} is compared`}
                value={of.comparison}
                onChange={({ currentTarget }) =>
                  onToggle({ ...of, comparison: currentTarget.value as Comparison }, true)}
              >
                {Object.entries(WORDS).map(([word, label]) => (
                  <option key={word} value={word}>{label}</option>
                ))}
              </select>
            )}
            {isText
              ? (
                <input
                  class="grow"
                  aria-label={`What ${name} is compared with`}
                  value={String(of.value)}
                  onInput={({ currentTarget }) =>
                    onToggle({ ...of, value: currentTarget.value }, true)}
                />
              )
              : <code>= {String(of.value)}</code>}
          </div>
        );
      })}
    </fieldset>
  );
}
