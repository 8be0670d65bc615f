/**
 * One exchange of messages: two pipes for as long as they are open, or an HTTP request and what
 * comes back on it.
 *
 * @module
 */

import type { Message, MessageId } from "../wire/message.ts";
import type { Direction, Refusal } from "./call.ts";
import type { Ends } from "./ends.ts";
import { type OpenRequest, RequestTable } from "./requests.ts";

/** Says where a message goes on, and where our own answer goes back. */
export interface Exchange extends Ends {
  /** The requests of both sides, where their ids are unique in this exchange and not in the session. */
  readonly requests?: SessionRequests;
  /** Whether texts may be spread over lines, as the body of an HTTP request may. */
  readonly isMultiline?: boolean;
  /**
   * Directions in which answers pass, fully inspected, whose requests are not known here: a stream
   * that is resumed, or a server that keeps no sessions, brings them elsewhere than they were asked.
   */
  readonly unknownAnswers?: ReadonlySet<Direction>;
  /** Asked of each message from the agent before all else: why this exchange does not carry it. */
  objects?(message: Message): Refusal | undefined;
  /** Called with each request of the agent that is let in. */
  began?(open: OpenRequest): void;
}

/**
 * What has become of a text: it went on, is held, was kept back for what it asks, could not be read
 * as messages, or says nothing.
 */
export type Entered = "passed" | "held" | "kept" | "unread" | "empty";

/** The open requests of both sides of one session, in whichever exchange they came. */
export class SessionRequests {
  readonly ofAgent = new RequestTable();
  readonly ofServer = new RequestTable();

  /** Table that remembers a request that walks this way. */
  tableOf(direction: Direction, { requests = this }: Exchange): RequestTable {
    return direction === "to_agent" ? requests.ofServer : requests.ofAgent;
  }

  /** The open request that an answer with this id, walking this way, belongs to. */
  answeredBy(direction: Direction, { requests }: Exchange, id: MessageId): OpenRequest | undefined {
    const side = direction === "to_server" ? "ofServer" : "ofAgent";
    return requests?.[side].match(id) ?? this[side].match(id);
  }

  /** Notes an answer that came late, or to nothing. */
  answeredLate(direction: Direction, { requests }: Exchange, id: MessageId): void {
    const side = direction === "to_server" ? "ofServer" : "ofAgent";
    requests?.[side].answeredLate(id);
    this[side].answeredLate(id);
  }
}
