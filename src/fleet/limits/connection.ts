/**
 * The port to the engine that all gateways share.
 *
 * @module
 */

/** A connection that is kept up, and made again when it is lost. */
export interface Connection {
  /**
   * Runs a script.
   *
   * @throws {Error} with the reason; then nobody knows whether it ran.
   */
  run(script: string, keys: readonly string[], args: readonly string[]): Promise<unknown>;
  /** From now on, what is published there is told, also by connections that are made later. */
  subscribe(channel: string): Promise<void>;
  /** Name of the process at the other end: another one after each start. */
  readonly runId: string;
  close(): Promise<void>;
}

/** What a {@link Connection} tells. */
export interface ConnectionEvents {
  /** It is up, for the first time or again. */
  readonly onUp: () => void;
  /** Another gateway, or this one, has published something. */
  readonly onMessage: (message: string) => void;
  /** It is down, or could not be made; told at each try. */
  readonly onDown: (reason: string) => void;
}
