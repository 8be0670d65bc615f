/**
 * The upstream by connections of our own, which send a request once: Deno's own clients send a POST
 * again when a connection that was used before ends without an answer, and a tool would run twice.
 *
 * @module
 */

import { reasonOf } from "../../errors.ts";
import { Chain, type Link } from "../chain.ts";
import type { HeaderList } from "../http/headers.ts";
import { Later } from "../later.ts";
import { type Caller, Connection, type ConnectionKeeper } from "./connection.ts";
import { close, type Destination, dial } from "./dial.ts";
import { headOf } from "./request_head.ts";
import {
  type AnswerSink,
  NOTHING_COMES_BACK,
  type Upstream,
  type UpstreamExchange,
  type UpstreamFailure,
  type UpstreamRequest,
} from "./upstream.ts";

/** Time that an unused connection is kept, or a quarter longer, unless the upstream tells less. */
const KEEP_ALIVE_MS = 3_000;
/** How often it is looked whether a head is late. */
const TICK_MS = 250;

/** Connections to one origin, as many as are needed: each stream keeps one. */
export class PooledUpstream implements Upstream, ConnectionKeeper {
  readonly #destination: Destination;
  readonly #host: string;
  /** Free connections; the one that was used last is used next. */
  readonly #free: Connection[] = [];
  readonly #open = new Chain<Connection>();
  readonly #expiry = new Later<Connection>(KEEP_ALIVE_MS, (connection) => connection.close());
  /** Requests whose heads have to come in time. */
  readonly #due = new Chain<PooledCall>();
  #tick: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(destination: Destination) {
    this.#destination = destination;
    this.#host = new URL(destination.origin).host;
  }

  send(request: UpstreamRequest, sink: AnswerSink): UpstreamExchange {
    const call = new PooledCall(this, request, sink);
    if (request.headTimeoutMs > 0) {
      this.#due.add(call);
      this.#tick ??= setTimeout(() => this.#look(), TICK_MS);
    }
    try {
      this.#sendOn(this.#take(), call, headOf(request, this.#host));
    } catch (fault) {
      call.refused(reasonOf(fault));
    }
    return call;
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#expiry.stop();
    clearTimeout(this.#tick);
    for (const connection of this.#open.all()) connection.fail("the gateway was stopped");
    return Promise.resolve();
  }

  /** Sends a request on a connection that nobody has used. */
  again(call: PooledCall): void {
    this.#sendOn(undefined, call, headOf(call.request, this.#host));
  }

  /** A request needs no watching any more. */
  headed(call: PooledCall): void {
    this.#due.remove(call);
  }

  freed(connection: Connection, keepMs: number): void {
    connection.keptUntil = keepMs === Infinity ? Infinity : performance.now() + keepMs;
    connection.expiry = this.#expiry.add(connection);
    this.#free.push(connection);
  }

  closed(connection: Connection): void {
    this.#open.remove(connection);
    if (connection.expiry === null) return;
    this.#expiry.cancel(connection.expiry);
    this.#free.splice(this.#free.indexOf(connection), 1);
  }

  #take(): Connection | undefined {
    for (let connection; (connection = this.#free.pop()) !== undefined;) {
      this.#expiry.cancel(connection.expiry!);
      connection.expiry = null;
      const { keptUntil } = connection;
      if (keptUntil === Infinity || keptUntil > performance.now()) return connection;
      connection.close();
    }
    return undefined;
  }

  #sendOn(connection: Connection | undefined, call: PooledCall, head: string): void {
    if (connection === undefined) return void this.#connect(call, head);
    call.begin(connection);
    connection.send(head, call.request.body, call);
  }

  async #connect(call: PooledCall, head: string): Promise<void> {
    let dialled: Deno.Conn;
    try {
      dialled = await dial(this.#destination);
    } catch (fault) {
      return call.unreached(fault);
    }
    if (this.#isClosed) {
      close(dialled);
      return call.refused("the gateway was stopped");
    }
    const connection = new Connection(dialled, this);
    this.#open.add(connection);
    if (call.isOver) this.freed(connection, Infinity);
    else this.#sendOn(connection, call, head);
  }

  #look(): void {
    const now = performance.now();
    for (const call of this.#due.all()) if (call.dueAt <= now) call.late();
    this.#tick = this.#due.size > 0 ? setTimeout(() => this.#look(), TICK_MS) : undefined;
  }
}

/** One request, told to its sink. */
class PooledCall implements UpstreamExchange, Caller, Link<PooledCall> {
  before: PooledCall | null = null;
  after: PooledCall | null = null;
  isPaused = false;
  isOver = false;
  readonly request: UpstreamRequest;
  /** Monotonic milliseconds. */
  readonly dueAt: number;
  readonly #upstream: PooledUpstream;
  #sink: AnswerSink;
  #connection: Connection | null = null;
  #phase: UpstreamFailure["phase"] = "connect";
  #mayRepeat: boolean;

  constructor(upstream: PooledUpstream, request: UpstreamRequest, sink: AnswerSink) {
    this.#upstream = upstream;
    this.request = request;
    this.#sink = sink;
    this.#mayRepeat = request.mayRepeat;
    this.dueAt = request.headTimeoutMs > 0 ? performance.now() + request.headTimeoutMs : Infinity;
  }

  get isHead(): boolean {
    return this.request.method === "HEAD";
  }

  abort(): void {
    if (this.isOver) return;
    const connection = this.#connection;
    this.#release();
    connection?.close();
  }

  resume(): void {
    this.isPaused = false;
    this.#connection?.resume();
  }

  begin(connection: Connection): void {
    this.#connection = connection;
    this.#phase = "head";
  }

  answered(status: number, headers: HeaderList): void {
    this.#phase = "body";
    this.#upstream.headed(this);
    this.#sink.head(status, headers);
  }

  chunk(bytes: Uint8Array): void {
    if (!this.#sink.chunk(bytes)) this.isPaused = true;
  }

  end(): void {
    const sink = this.#sink;
    this.#release();
    sink.end();
  }

  lost(reason: string): void {
    if (this.#mayRepeat && this.#phase === "head") {
      this.#mayRepeat = false;
      this.#connection = null;
      this.#phase = "connect";
      return this.#upstream.again(this);
    }
    this.#fail(reason, false);
  }

  /** Nothing was sent: the connection was not made. */
  unreached(fault: unknown): void {
    this.#fail(wordsOf(fault), fault instanceof Deno.errors.TimedOut);
  }

  /** Nothing was sent, and will not be. */
  refused(reason: string): void {
    this.#fail(reason, false);
  }

  /** Its head has not come in time. */
  late(): void {
    const connection = this.#connection;
    this.#fail("no answer in time", true);
    connection?.close();
  }

  /** It is over; whoever keeps it, keeps nothing else. */
  #release(): void {
    this.isOver = true;
    this.#upstream.headed(this);
    this.#sink = NOTHING_COMES_BACK;
    this.#connection = null;
  }

  #fail(reason: string, isTimeout: boolean): void {
    if (this.isOver) return;
    const phase = this.#phase, sink = this.#sink;
    this.#release();
    sink.fail({ phase, wasSent: phase !== "connect", isTimeout, reason });
  }
}

/** Why no connection was made, without addresses of our own: an agent may read it. */
function wordsOf(fault: unknown): string {
  if (fault instanceof Deno.errors.ConnectionRefused) return "connection refused";
  if (fault instanceof Deno.errors.TimedOut) return "no connection in time";
  const reason = reasonOf(fault);
  return /failed to lookup|not known|no record/i.test(reason) ? "no such host" : reason;
}
