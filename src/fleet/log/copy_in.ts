/**
 * A COPY of one text, as the library's client runs it: it takes anything with these methods for a
 * query.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** The client's connection, as far as a COPY needs it. */
interface CopyConnection {
  query(sql: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/** One COPY, to be given to `Client.query`. */
export class CopyIn {
  /** Resolves when PostgreSQL has taken it all; rejects with what it says. */
  readonly done: Promise<void>;
  /** The client's own: it waits so long for an answer. */
  callback: () => void = () => {};
  readonly #sql: string;
  readonly #text: string;
  readonly #settled = Promise.withResolvers<void>();

  constructor(sql: string, text: string) {
    this.#sql = sql;
    this.#text = text;
    this.done = this.#settled.promise;
  }

  submit(connection: CopyConnection): void {
    connection.query(this.#sql);
  }

  handleCopyInResponse(connection: CopyConnection): void {
    connection.sendCopyFromChunk(Buffer.from(this.#text));
    connection.endCopyFrom();
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.#settled.resolve();
    this.callback();
  }

  handleError(fault: Error): void {
    this.#settled.reject(fault);
    this.callback();
  }
}
