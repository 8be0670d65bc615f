/**
 * One exchange of messages: two pipes for as long as they are open, or an HTTP request and what
 * comes back on it.
 *
 * @module
 */

import type { MessageId } from "../wire/message.ts";
import type { Direction } from "./call.ts";
import type { Ends } from "./ends.ts";
import { type OpenRequest, RequestTable } from "./requests.ts";

/** Says where a message goes on, and where our own answer goes back. */
export interface Exchange extends Ends {
  /** The agent's requests, where their ids are unique in this exchange and not in the session. */
  readonly requests?: RequestTable;
  /** Whether texts may be spread over lines, as the body of an HTTP request may. */
  readonly isMultiline?: boolean;
}

/** The open requests of both sides of one session, in whichever exchange they came. */
export class SessionRequests {
  readonly ofAgent = new RequestTable();
  readonly ofServer = new RequestTable();

  /** Table that remembers a request that walks this way. */
  tableOf(direction: Direction, { requests }: Exchange): RequestTable {
    return direction === "to_agent" ? this.ofServer : requests ?? this.ofAgent;
  }

  /** The open request that an answer with this id, walking this way, belongs to. */
  answeredBy(direction: Direction, { requests }: Exchange, id: MessageId): OpenRequest | undefined {
    if (direction === "to_server") return this.ofServer.match(id);
    return requests?.match(id) ?? this.ofAgent.match(id);
  }

  /** Notes an answer that came late, or to nothing. */
  answeredLate(direction: Direction, { requests }: Exchange, id: MessageId): void {
    if (direction === "to_server") return this.ofServer.answeredLate(id);
    requests?.answeredLate(id);
    this.ofAgent.answeredLate(id);
  }
}
