/**
 * One session of a gateway.
 *
 * @module
 */

import { Session, type SessionOptions } from "../session/session.ts";

/** Options of a {@link Connection}. */
export interface ConnectionOptions {
  /** The `session_id` column: a UUID. */
  readonly sessionId: string;
  /** Whose calls the limits per agent count together; the session's own by default. */
  readonly agent?: () => string;
  /** Called with something of the gateway's own for the agent: JSON text of one message. */
  readonly tellAgent: (json: string) => void;
}

/** A session, and what has to be undone when it is over. */
export class Connection {
  readonly session: Session;
  /** Names of its stages, in their order. */
  readonly stages: readonly string[];
  readonly #onClose: () => void;

  constructor({ onClose, ...session }: SessionOptions & { readonly onClose: () => void }) {
    this.session = new Session(session);
    this.stages = session.stages.map(({ name }) => name);
    this.#onClose = onClose;
  }

  /** Leaves nothing behind in the gateway: what is still open ends with the session. */
  close(): void {
    this.session.endAll("agent_gone", "its session is over");
    this.#onClose();
  }
}
