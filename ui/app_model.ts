/**
 * What every page works with, and how a component gets it.
 *
 * @module
 */

import { createContext } from "preact";
import { useContext, useEffect, useLayoutEffect, useMemo } from "preact/hooks";
import type { ReadonlySignal, Signal } from "@preact/signals";
import type { CopyProgress } from "../src/web/copy_progress.ts";
import type { Client } from "./client.ts";
import type { Action, Actions } from "./models/actions.ts";
import type { Live } from "./models/live.ts";
import { Resource } from "./models/resource.ts";
import type { Route } from "./models/route.ts";
import type { Session } from "./models/session.ts";
import type { ThemeChoice } from "./models/theme.ts";
import type { TypedAhead } from "./models/typed_ahead.ts";

/** The page as a whole. */
export interface AppModel {
  readonly client: Client;
  readonly route: Route;
  readonly session: Session;
  readonly live: Live;
  readonly actions: Actions;
  readonly theme: ThemeChoice;
  readonly typed: TypedAhead;
  /** The time, to the second. */
  readonly now: ReadonlySignal<number>;
  /** Why the log cannot be read now; null when it can. */
  readonly trouble: Signal<string | null>;
  /** How far the copy of the fleet's log is; null where the log is this machine's. */
  readonly fleet: Signal<CopyProgress | null>;
  /** Something short that was done, for a moment. */
  readonly told: ReadonlySignal<string | null>;
  readonly isMac: boolean;
  /** Says something for a moment. */
  tell(words: string): void;
  /** Copies a text, and says so. */
  copy(text: string, what: string): Promise<void>;
  /** Saves a file. */
  save(blob: Blob, name: string): void;
}

const Context = createContext<AppModel | null>(null);

/** Gives the page to its components. */
export const AppProvider = Context.Provider;

/** The page as a whole. */
export function useApp(): AppModel {
  return useContext(Context)!;
}

/** Adds actions while a component is there; `keys` are what they depend on. */
export function useActions(make: () => readonly Action[], keys: readonly unknown[] = []): void {
  const { actions } = useApp();
  // Before it is painted: what can be seen can be done.
  useLayoutEffect(() => actions.add(make()), [actions, ...keys]);
}

/**
 * Asks for something whenever `path` changes; null asks for nothing.
 *
 * @param everyMs How often it is asked again while there are new calls; 0 for never.
 */
export function useResource<T>(path: string | null, everyMs = 0): Resource<T> {
  const { client, fleet, live, session } = useApp();
  const resource = useMemo(() => new Resource<T>(), []);
  const isIn = session.state.value === "in", feed = live.connection.value;
  const isOff = feed === "offline", isLive = feed === "live";
  // What a copy gets of the past is in no news.
  const copied = everyMs === 0 ? null : fleet.value?.from;
  useEffect(() => {
    if (path === null || !isIn || isOff) return;
    const ask = () => void resource.load((signal) => client.get<T>(path, signal));
    // Once more when the feed has begun: what happened before it did is in no news.
    ask();
    if (everyMs === 0) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const leave = live.listen(() => {
      timer ??= setTimeout(() => {
        timer = undefined;
        ask();
      }, everyMs);
    });
    return () => {
      leave();
      clearTimeout(timer);
    };
  }, [path, isIn, isOff, isLive, copied, everyMs]);
  return resource;
}
