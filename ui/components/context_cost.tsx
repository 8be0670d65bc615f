/**
 * What the servers' lists of tools cost every session, and a rule that hides those that nobody calls.
 *
 * @module
 */

import type { ServerCost } from "../../src/web/tool_costs.ts";
import { useApp, useResource } from "../app_model.ts";
import { ago, count } from "../models/format.ts";
import { bytes, tokens } from "../models/size_words.ts";
import { costOf, hidingRule } from "../models/context_cost.ts";
import { leaveProposal, PROPOSAL_HREF } from "../models/proposal.ts";
import { type Span, spanQuery } from "../models/span.ts";
import { spanText } from "../models/span_words.ts";
import { Panel } from "./panel.tsx";
import { ResourceState } from "./state.tsx";

/** The panel. */
export function ContextCost({ span }: { readonly span: Span }) {
  const resource = useResource<ServerCost[]>(`/api/tool-costs?${spanQuery(span)}`, 5000);
  const servers = resource.data.value;
  return (
    <Panel title="Context cost" note="what tools/list takes of every session">
      <ResourceState of={resource} />
      {servers?.length === 0 && (
        <p class="pad dim">
          No list of tools is known yet. A gateway with a policy notes those that pass.
        </p>
      )}
      {servers?.map((server) => <Server key={server.server} of={server} span={span} />)}
    </Panel>
  );
}

function Server({ of, span }: { readonly of: ServerCost; readonly span: Span }) {
  const { route, now } = useApp();
  const { sum, unused, saved } = costOf(of);
  const hide = () => {
    leaveProposal(sessionStorage, { toml: hidingRule(of, unused), callId: null });
    route.go(PROPOSAL_HREF);
  };
  return (
    <details class="cost">
      <summary>
        <b>{of.server}</b>: {count(of.tools.length)} {of.tools.length === 1 ? "tool" : "tools"},
        {" "}
        {bytes(sum)}, {tokens(sum)} a session
        {unused.length > 0 && (
          <>
            {" "}· {count(unused.length)} never called in {spanText(span)} ({tokens(saved)})
          </>
        )}
      </summary>
      <div class="row">
        {unused.length > 0 && (
          <button type="button" onClick={hide}>Hide what is never called: a rule</button>
        )}
        <span class="dim">listed {ago(of.listed_at, now.value)}</span>
      </div>
      <ul>
        {of.tools.map(({ tool, bytes: size, calls }) => (
          <li key={tool}>
            <code>{tool}</code>
            <span class="number">{bytes(size)}</span>
            <span class={calls === 0 ? "number warning" : "number dim"}>
              {calls === null
                ? "not counted yet"
                : calls === 0
                ? "never called"
                : `${count(calls)} calls`}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}
