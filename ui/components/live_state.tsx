/**
 * How the feed stands, always in a word.
 *
 * @module
 */

import type { FleetHost } from "../../src/web/copy_progress.ts";
import type { GatewayInfo } from "../../src/web/gateways.ts";
import { useApp, useResource } from "../app_model.ts";
import { count } from "../models/format.ts";

const WORDS = {
  connecting: "connecting",
  live: "live",
  paused: "paused",
  waiting: "no log yet",
  offline: "offline",
} as const;

/** The state, and how many gateways run. */
export function LiveState() {
  const { live, session } = useApp();
  const isIn = session.state.value === "in";
  const running =
    useResource<(GatewayInfo | FleetHost)[]>(isIn ? "/api/gateways" : null, 10_000).data.value;
  if (!isIn) return null;
  const connection = live.connection.value, isPaused = live.isPaused.value;
  const state = connection === "live" && isPaused ? "paused" : connection;
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

function wordsOf(running: readonly (GatewayInfo | FleetHost)[]): string {
  const n = running.length, word = "host" in running[0]! ? "host" : "gateway";
  return `${n} ${word}${n === 1 ? "" : "s"}`;
}
