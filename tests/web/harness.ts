/** A dashboard on a port of its own, over an audit log in a folder of its own. */

import { AuditStore } from "../../src/audit/store.ts";
import {
  NO_CONFIG,
  type OtlpTarget,
  type PlaneReport,
  type PlaneSettings,
} from "../../src/web/plane_settings.ts";
import { statsPath } from "../../src/web/stats_store.ts";
import { serveDashboard } from "../../src/web/server.ts";
import { insert, type TestCall, withDatabasePath } from "../audit/support.ts";

/** The key of every dashboard in these tests. */
export const KEY = "a-key-for-tests-only";

/** A dashboard, and the log that it shows. */
export interface Dashboard {
  readonly address: string;
  readonly dbPath: string;
  readonly store: AuditStore;
  /** What it has said. */
  readonly reports: readonly PlaneReport[];
  /** Asks with the key. */
  get(path: string, init?: RequestInit): Promise<Response>;
  /** The JSON of an answer. */
  // deno-lint-ignore no-explicit-any
  json(path: string): Promise<any>;
  /** Stores calls in one batch. */
  insert(...calls: TestCall[]): void;
  /** A socket of the feed, and what it is told. */
  listen(query?: string): Promise<Listener>;
}

/** Starts a dashboard over a log. Dispose of it, and it has ended. */
export function dashboardOver(
  dbPath: string,
  options: Partial<PlaneSettings> = {},
  onReport: (report: PlaneReport) => void = () => {},
): ReturnType<typeof serveDashboard> {
  return serveDashboard({
    ...{
      port: 0,
      key: KEY,
      dbPath,
      serverName: null,
      scan: { maxScanWork: 1e9, maxScanMs: 10_000 },
      resolvePaths: true,
    },
    ...{ policyPaths: [], otlp: null, isShipped: false, config: NO_CONFIG },
    ...options,
  }, onReport);
}

/** Runs `use` with a dashboard, and ends it. */
export async function withDashboard(
  setup: {
    readonly policyPaths?: readonly string[];
    readonly otlp?: OtlpTarget;
    readonly port?: number;
    readonly isShipped?: boolean;
  },
  use: (dashboard: Dashboard) => Promise<void>,
): Promise<void> {
  await withDatabasePath(async (dbPath) => {
    const store = new AuditStore(dbPath, { durability: "batched" });
    const listeners: Listener[] = [], reports: PlaneReport[] = [];
    const { port, policyPaths, otlp, isShipped = false } = setup;
    await using served = dashboardOver(dbPath, {
      ...{ serverName: "files", isShipped },
      ...port === undefined ? {} : { port },
      ...policyPaths === undefined ? {} : { policyPaths },
      ...otlp === undefined ? {} : { otlp },
    }, (report) => reports.push(report));
    const address = `http://127.0.0.1:${served.port}`;
    const get = (path: string, init: RequestInit = {}) =>
      fetch(address + path, {
        ...init,
        headers: { authorization: `Bearer ${KEY}`, ...init.headers as Record<string, string> },
      });
    try {
      await use({
        ...{ address, dbPath, store, reports, get },
        json: async (path) => await (await get(path)).json(),
        insert: (...calls) => insert(store, calls),
        listen: async (query = "") => {
          const listener = await Listener.open(served.port, query);
          listeners.push(listener);
          return listener;
        },
      });
    } finally {
      for (const listener of listeners) await listener.close();
      store.close();
    }
  });
}

/** Removes the statistics of a log, as its owner may at any time. */
export function removeStatsOf(dbPath: string): void {
  Deno.removeSync(statsPath(dbPath));
}

/** Writes something else over the statistics of a log. */
export function damageStatsOf(dbPath: string): void {
  Deno.writeTextFileSync(statsPath(dbPath), "no database at all, ".repeat(1000));
}

/** One who listens to the feed. */
export class Listener {
  // deno-lint-ignore no-explicit-any
  readonly frames: any[] = [];
  readonly closed: Promise<CloseEvent>;
  readonly #socket: WebSocket;
  #waiting: { readonly enough: () => boolean; readonly found: () => void }[] = [];

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise((closed) => socket.onclose = closed);
    socket.onmessage = ({ data }) => {
      this.frames.push(JSON.parse(data));
      this.#waiting = this.#waiting.filter(({ enough, found }) => enough() ? void found() : true);
    };
  }

  /** Connects. Rejects when it is not let in. */
  static async open(port: number, query: string, key: string = KEY): Promise<Listener> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/api/ws/live?token=${key}${query}`);
    const listener = new Listener(socket);
    await new Promise<void>((opened, failed) => {
      socket.onopen = () => opened();
      socket.onerror = () => failed(new Error("the socket was refused"));
    });
    return listener;
  }

  /** Resolves when so many frames have come. */
  has(count: number): Promise<void> {
    const enough = () => this.frames.length >= count;
    if (enough()) return Promise.resolve();
    return new Promise((found) => this.#waiting.push({ enough, found }));
  }

  async close(): Promise<void> {
    if (this.#socket.readyState !== WebSocket.CLOSED) this.#socket.close();
    await this.closed;
  }
}
