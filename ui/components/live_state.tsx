/**
 * How the feed stands, always in a word.
 *
 * @module
 */

import type { FleetHost } from "../../src/web/copy_progress.ts";
import type { GatewayInfo } from "../../src/web/gateways.ts";
import { type AppModel, useApp, useResource } from "../app_model.ts";
import { isUnreadable } from "../client.ts";
import { count } from "../models/format.ts";

const WORDS = {
  connecting: "connecting",
  live: "live",
  paused: "paused",
  waiting: "no log yet",
  unreadable: "log unreadable",
  offline: "offline",
} as const;

/** The state, and how many gateways run. */
export function LiveState() {
  const app = useApp(), { live, session } = app;
  const isIn = session.state.value === "in";
  const running =
    useResource<(GatewayInfo | FleetHost)[]>(isIn ? "/api/gateways" : null, 10_000).data.value;
  if (!isIn) return null;
  const state = stateOf(app);
  return (
    <span class="live" data-state={state}>
      <span class="dot" />
      <span role="status">{WORDS[state]}</span>
      {state === "paused" && live.waiting.value > 0 && (
        <span class="dim">{count(live.waiting.value)} wait</span>
      )}
      {state === "live" && running !== null && running.length > 0 && (
        <span class="dim wide">{wordsOf(running)}</span>
      )}
    </span>
  );
}

/** A log that is there and cannot be read is another thing than none. */
function stateOf({ live, trouble }: AppModel): keyof typeof WORDS {
  const connection = live.connection.value;
  if (connection === "live" && live.isPaused.value) return "paused";
  return connection === "waiting" && isUnreadable(trouble.value) ? "unreadable" : connection;
}

function wordsOf(running: readonly (GatewayInfo | FleetHost)[]): string {
  const n = running.length, word = "host" in running[0]! ? "host" : "gateway";
  return `${n} ${word}${n === 1 ? "" : "s"}`;
}
