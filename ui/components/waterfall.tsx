/**
 * The calls of a session over time; the one that is shown stands out.
 *
 * @module
 */

import { useApp, useResource } from "../app_model.ts";
import { type Call, outcomeOf, tookUs } from "../models/call.ts";
import { count, lasted, took } from "../models/format.ts";
import { waterfallOf } from "../models/waterfall.ts";
import { ResourceState } from "./state.tsx";

/** Calls of a session that are drawn. */
const SHOWN = 200;

/** The session of a call. */
export function SessionWaterfall({ call }: { readonly call: Pick<Call, "id" | "session_id"> }) {
  const { now, route } = useApp();
  const { session_id } = call;
  const words = new URLSearchParams({ session: session_id ?? "", view: "rows", limit: `${SHOWN}` });
  const resource = useResource<Call[]>(session_id === null ? null : `/api/invocations?${words}`);
  const calls = resource.data.value;
  if (session_id === null) return null;
  if (calls === null) return <ResourceState of={resource} />;
  const { bars, gaps, ms } = waterfallOf(calls, now.peek());
  const all = `/activity?${new URLSearchParams({ q: `session:${session_id}` })}`;
  return (
    <section aria-labelledby="session-title">
      <h3 id="session-title">
        Session{" "}
        <span class="dim">
          {calls.length === SHOWN ? `last ${SHOWN} calls` : `${count(calls.length)} calls`} in{" "}
          {lasted(ms)} · <a href={all}>as a list</a>
        </span>
      </h3>
      <div class="waterfall" role="group" aria-label="Calls of this session">
        {bars.map(({ call: other, from, width }) => (
          <a
            key={other.id}
            href={route.with({ call: other.id })}
            aria-current={other.id === call.id ? "true" : undefined}
            ref={(link) => {
              if (other.id === call.id && link !== null) scrollIn(link);
            }}
          >
            <code>{other.tool_name}</code>
            <span class="lane">
              {gaps.map(({ at, ms }) => (
                <u
                  key={at}
                  style={{ left: `${at * 100}%` }}
                  title={`${lasted(ms)} without a call`}
                />
              ))}
              <i
                data-tone={outcomeOf(other).tone}
                style={{ left: `${from * 100}%`, width: `${width * 100}%` }}
              />
            </span>
            <span class="dim number">{took(tookUs(other))}</span>
          </a>
        ))}
      </div>
    </section>
  );
}

/** Scrolls the list alone: the page stays where it is. */
function scrollIn(link: HTMLElement): void {
  const list = link.parentElement!, { offsetTop, offsetHeight } = link;
  if (offsetTop < list.scrollTop || offsetTop + offsetHeight > list.scrollTop + list.clientHeight) {
    list.scrollTop = offsetTop - list.clientHeight / 2;
  }
}
