/**
 * A piece of a policy on its way from a call to the editor: it waits in the tab, and is taken once.
 *
 * @module
 */

/** What is proposed. */
export interface Proposal {
  /** TOML for the end of the policy. */
  readonly toml: string;
  /** The call that it was made from. */
  readonly callId: string | null;
}

/** Where the editor is asked to show it. */
export const PROPOSAL_HREF = "/settings?proposed=1";

const KEPT = "agentgate_proposal";

/** Leaves a proposal for the editor. */
export function leaveProposal(storage: Pick<Storage, "setItem">, proposal: Proposal): void {
  storage.setItem(KEPT, JSON.stringify(proposal));
}

/** Takes the proposal that waits; null when there is none. */
export function takeProposal(storage: Pick<Storage, "getItem" | "removeItem">): Proposal | null {
  const text = storage.getItem(KEPT);
  if (text === null) return null;
  storage.removeItem(KEPT);
  return JSON.parse(text);
}
