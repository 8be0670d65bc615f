/**
 * One span a call, by Deno's built-in OpenTelemetry: on where the environment says `OTEL_DENO=true`.
 *
 * @module
 */

import {
  type Context,
  defaultTextMapGetter,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from "@opentelemetry/api";
import type { Stage } from "../session/pipeline.ts";
import type { CallHandle, Tap } from "../session/record.ts";
import {
  type AgentTransport,
  attributesOf,
  errorTypeOf,
  SCOPE_NAME,
  spanName,
} from "./telemetry_names.ts";

/** Bounds of what is exported. */
export const SPAN_BOUNDS = Object.freeze({
  /** Spans at once: the exporter holds 2,048 and drops what comes on top without a word. */
  burst: 1500,
  /** Spans a second in the long run: it sends 512 at a time. */
  perSecond: 500,
  /** Bytes of a `_meta` that is read. */
  metaBytes: 4096,
});

const META = new TextEncoder().encode("_meta");

/** Makes spans of calls, and counts those that there was no room for. */
export class CallSpans {
  /** Calls without a span. */
  dropped = 0;
  readonly #tracer: Tracer = trace.getTracer(SCOPE_NAME);
  /** Trace contexts that agents have sent, by call. */
  readonly #parents = new WeakMap<CallHandle, Context>();
  readonly #transport: AgentTransport;
  readonly #now: () => number;
  #room: number = SPAN_BOUNDS.burst;
  #filledAt: number;

  /** @param now Monotonic milliseconds. */
  constructor(transport: AgentTransport, now: () => number = () => performance.now()) {
    this.#transport = transport;
    this.#now = now;
    this.#filledAt = now();
  }

  /** Reads the trace context of a call, from `_meta` as SEP-414 has it. It refuses nothing. */
  stage(): Stage {
    return {
      name: "telemetry",
      onRequest: (call, message) => {
        try {
          const context = contextOf(message.value(META, SPAN_BOUNDS.metaBytes));
          if (context !== null) this.#parents.set(call, context);
        } catch {
          // What cannot be read is no context.
        }
        return undefined;
      },
    };
  }

  /** Tells of the calls of one session, as they are recorded: redacted. */
  tapFor(server: string, sessionId: string): Tap {
    return (event) => {
      if (event.type !== "call_ended") return;
      if (!this.#hasRoom()) return void this.dropped++;
      const { record, handle } = event, { startedAt, latencyMs } = record;
      const span = this.#tracer.startSpan(spanName(record), {
        kind: SpanKind.SERVER,
        startTime: startedAt,
        attributes: attributesOf(record, { server, sessionId, transport: this.#transport }),
      }, this.#parents.get(handle) ?? ROOT_CONTEXT);
      if (errorTypeOf(record) !== null) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end(startedAt + (latencyMs ?? 0));
    };
  }

  #hasRoom(): boolean {
    const now = this.#now(), { burst, perSecond } = SPAN_BOUNDS;
    this.#room = Math.min(burst, this.#room + (now - this.#filledAt) * perSecond / 1000);
    this.#filledAt = now;
    if (this.#room < 1) return false;
    this.#room--;
    return true;
  }
}

/** The trace context that a `_meta` carries; null for none. */
function contextOf(meta: unknown): Context | null {
  if (typeof meta !== "object" || meta === null || !("traceparent" in meta)) return null;
  const carrier = Object.fromEntries(
    Object.entries(meta).filter(([, value]) => typeof value === "string"),
  );
  return propagation.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter);
}
