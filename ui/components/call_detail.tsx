/**
 * A whole call: why it was decided so, what went in and came out, and its session.
 *
 * @module
 */

import "../shared.ts";
import { useEffect, useMemo, useState } from "preact/hooks";
import { useActions, useApp } from "../app_model.ts";
import { tookUs } from "../models/call.ts";
import { dayAndClock, took } from "../models/format.ts";
import { Resource } from "../models/resource.ts";
import { bytes, tokens } from "../models/size_words.ts";
import { asCurl, asJson, asTest, isRedacted, type WholeCall } from "../models/whole_call.ts";
import { Decision } from "./decision.tsx";
import { lazy } from "./lazy.tsx";
import { Outcome } from "./outcome.tsx";
import { Payload } from "./payload.tsx";
import { ResourceState } from "./state.tsx";
import { SessionWaterfall } from "./waterfall.tsx";

const MakeRule = lazy(async () => (await import("./make_rule.tsx")).MakeRule);

/** The call with an id. */
export function CallDetail({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const app = useApp(), { client, live } = app;
  const resource = useMemo(() => new Resource<WholeCall>(), []);
  // Of which call a rule is made: the one that was on show when it was asked for.
  const [ruleOf, setRuleOf] = useState<string | null>(null), isMaking = ruleOf === id;
  const setMaking = (makes: boolean) => setRuleOf(makes ? id : null);
  const load = () =>
    resource.load((signal) => client.get(`/api/invocations/${encodeURIComponent(id)}`, signal));
  useEffect(() => {
    void load();
    // A call that runs is shown again when it has ended.
    return live.listen((calls) => {
      if (calls.some((call) => call.id === id)) void load();
    });
  }, [id]);
  const judge = async () => {
    await load();
    app.tell("Judged again by the policy of now");
  };
  const withCall = (use: (call: WholeCall) => void) => () => {
    if (resource.data.peek() !== null) use(resource.data.peek()!);
  };
  const copy = (make: (call: WholeCall) => string, what: string) =>
    withCall((call) =>
      void app.copy(make(call), isRedacted(call) ? `${what}, with its redacted parts,` : what)
    );
  const copies = [
    { id: "copy-json", label: "Copy the call as JSON", word: "JSON", run: copy(asJson, "JSON") },
    { id: "copy-curl", label: "Copy the call as cURL", word: "cURL", run: copy(asCurl, "cURL") },
    {
      ...{ id: "copy-test", label: "Copy the call as a [[tests]] entry", word: "[[tests]]" },
      run: copy(asTest, "Test"),
    },
  ];
  useActions(() => [
    ...copies,
    {
      id: "judge",
      label: "Judge the call again by the policy of now",
      key: "r",
      run: () => void judge(),
    },
    { id: "rule", label: "Make a rule from the call", key: "p", run: () => setMaking(true) },
  ], [id]);
  const call = resource.data.value;
  return (
    <section class="panel detail" aria-label="Call">
      <header>
        {call !== null && <Outcome call={call} />}
        <h2>
          <code>{call === null ? "…" : `${call.server_name} / ${call.tool_name}`}</code>
        </h2>
        <span class="gap" />
        <button type="button" onClick={() => setMaking(!isMaking)} aria-expanded={isMaking}>
          Make a rule
        </button>
        <button type="button" class="plain" aria-label="Close" onClick={onClose}>✕</button>
      </header>
      <ResourceState of={resource} />
      {call !== null && (
        <div class="body" tabIndex={0} role="region" aria-label="The whole call">
          {isMaking && call.id === id && (
            <MakeRule
              key={id}
              call={call}
              onClose={() => setMaking(false)}
            />
          )}
          <Decision call={call} />
          <Facts call={call} nowMs={app.now.value} />
          <p class="row copies">
            <span class="dim">Copy as</span>
            {copies.map(({ id, label, word, run }) => (
              <button type="button" key={id} aria-label={label} onClick={run}>{word}</button>
            ))}
            <button type="button" onClick={() => void judge()}>
              Judge again <kbd class="wide">r</kbd>
            </button>
          </p>
          <Payload title="Arguments" value={call.arguments} none="The call had none." />
          <Payload title="Result" value={call.result} none={noResult(call)} />
          <SessionWaterfall call={call} />
        </div>
      )}
    </section>
  );
}

function noResult({ forwarded, outcome }: WholeCall): string {
  if (outcome === "open") return "None yet: the call runs.";
  return forwarded === 0 ? "None: the call was not forwarded." : "None was recorded.";
}

function Facts({ call, nowMs }: { readonly call: WholeCall; readonly nowMs: number }) {
  const {
    timestamp,
    host,
    gateway,
    agent_id,
    agent_version,
    request_bytes,
    result_bytes,
    request_id,
  } = call;
  const facts = [
    ["Time", dayAndClock(timestamp, nowMs)],
    ["Took", took(tookUs(call))],
    ["Agent", `${agent_id ?? "unknown"} ${agent_version ?? ""}`],
    ...host === null || gateway?.startsWith(`${host}/`) ? [] : [["Host", host]],
    ["Gateway", gateway ?? "–"],
    ["In", request_bytes === null ? "–" : `${bytes(request_bytes)} ${tokens(request_bytes)}`],
    ["Out", result_bytes === null ? "–" : `${bytes(result_bytes)} ${tokens(result_bytes)}`],
    ["Request", String(request_id ?? "–")],
    ["Outcome", call.outcome],
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd title={value ?? ""}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
