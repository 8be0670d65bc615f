/**
 * How the feed stands, always in a word.
 *
 * @module
 */

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
  const gateways = useResource<GatewayInfo[]>(isIn ? "/api/gateways" : null, 10_000).data.value;
  if (!isIn) return null;
  const connection = live.connection.value, isPaused = live.isPaused.value;
  const state = connection === "live" && isPaused ? "paused" : connection;
  const running = gateways?.length ?? 0;
  return (
    <span class="live" data-state={state}>
      <span class="dot" />
      <span role="status">{WORDS[state]}</span>
      {state === "paused" && live.waiting.value > 0 && (
        <span class="dim">{count(live.waiting.value)} wait</span>
      )}
      {state === "live" && running > 0 && (
        <span class="dim wide">{running === 1 ? "1 gateway" : `${running} gateways`}</span>
      )}
    </span>
  );
}
