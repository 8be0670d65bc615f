/**
 * Why a call was decided as it was: the rule, where it stands, and what each part of its condition
 * saw.
 *
 * @module
 */

import type { RulePlace } from "../../src/web/explainer.ts";
import type { Explanation, RuleReport } from "../../src/simulate/simulation.ts";
import { outcomeOf } from "../models/call.ts";
import type { WholeCall } from "../models/whole_call.ts";
import { marked } from "./json_tree.tsx";

/** The decision of a call. */
export function Decision({ call }: { readonly call: WholeCall }) {
  const { explanation, policy_hit, hit } = call;
  const { tone } = outcomeOf(call);
  const explained = explanation !== null && "rules" in explanation ? explanation : null;
  const rule = explained?.rules.find(({ id }) => id === (policy_hit ?? explained.decision.rule));
  const place = rule === undefined ? undefined : explained?.places[rule.id];
  // A refusal by a rule is recorded by its id alone; its words are those of the policy of now.
  const detail = call.detail ??
    (explained?.decision.rule === policy_hit ? explained?.decision.message ?? null : null);
  const isQuiet = tone === "quiet" || tone === "running";
  return (
    <section class="decision" data-tone={tone} aria-label="Decision">
      {policy_hit !== null
        ? (
          <p>
            <b>{policy_hit}</b> {hit ?? "decided"}
            {detail !== null && <>: {detail}</>}
          </p>
        )
        : <p>{detail ?? (isQuiet ? passedWords(rule) : "The server answered with an error.")}</p>}
      {place !== undefined && (
        <p class="place">
          <Place of={place} />
        </p>
      )}
      {rule !== undefined && rule.condition !== null && <Condition of={rule.condition} />}
      <ShadowHits hits={call.shadow_hits} />
      {explanation !== null && "unexplained" in explanation && (
        <p class="dim">It cannot be explained now: {explanation.unexplained}</p>
      )}
      {explained !== null && <Now call={call} />}
    </section>
  );
}

/** A line of a policy file; those of packs are not edited here. */
function Place({ of: { file, line, is_pack } }: { readonly of: RulePlace }) {
  const words = `${file}:${line}`;
  if (is_pack) return <>{words}</>;
  return <a href={`/settings?${new URLSearchParams({ line: `${line}`, file })}`}>{words}</a>;
}

function passedWords(rule: RuleReport | undefined): string {
  return rule === undefined ? "No rule refused it." : `${rule.id} let it pass.`;
}

/** What the policy of now says; said aloud where that is something else. */
function Now({ call }: { readonly call: WholeCall }) {
  const { explanation, status } = call;
  if (explanation === null || !("rules" in explanation)) return null;
  const { action, rule } = explanation.decision;
  const was = status === "denied" ? "deny" : status === "rate_limited" ? "rate_limit" : "allow";
  const isOurs = call.hit !== null;
  if (isOurs) return null;
  if (action === was || was === "rate_limit") {
    return <p class="dim">Judged again by the policy of now: the same.</p>;
  }
  const by = rule === null ? "its default" : rule;
  return (
    <p class="judged">
      The policy of now would {action === "allow" ? "let it pass" : "refuse it"} ({by}).
    </p>
  );
}

function ShadowHits({ hits }: { readonly hits: unknown }) {
  if (!Array.isArray(hits) || hits.length === 0) return null;
  const words = hits.map((hit) => String(hit).replace(/^would_(\w+):(.*)$/, "$2 would $1"));
  return <p class="dim">In shadow: {words.join(", ").replaceAll("_", " ")}</p>;
}

const SIGNS: Readonly<Record<string, string>> = { true: "✓", false: "✗", partly: "~" };

/** A condition, each part with its answer and what it saw. */
function Condition({ of }: { readonly of: Explanation }) {
  return (
    <ul class="condition">
      <li>
        <Part of={of} />
      </li>
    </ul>
  );
}

function Part({ of: { text, result, values, children } }: { readonly of: Explanation }) {
  return (
    <>
      <code>
        <span class="sign" data-result={result}>{SIGNS[result] ?? "·"}</span> {text}
        <span class="hushed">: {result}</span>
      </code>
      {values?.map((seen) => (
        <code class="saw" key={seen.text}>
          {seen.value === undefined ? `${seen.text} is not there` : <>saw {marked(seen.value)}</>}
        </code>
      ))}
      {children !== undefined && (
        <ul>
          {children.map((child, at) => (
            <li key={at}>
              <Part of={child} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
