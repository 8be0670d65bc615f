/**
 * Proofs that somebody has the key, which do not tell it: whoever has the port may be another program,
 * of another user.
 *
 * @module
 */

import { createHmac } from "node:crypto";
import { isSameSecret } from "../same_secret.ts";

/** Who proves it: a gateway that wants to attend, or the dashboard that it attends. */
export type Prover = "gateway" | "dashboard";

/** Header with the dashboard's proof. */
export const PROOF_HEADER = "x-agentgate-proof";

/** Makes a proof for one `nonce`. */
export function proofOf(key: string, prover: Prover, nonce: string): string {
  return createHmac("sha256", key).update(`${prover} ${nonce}`).digest("hex");
}

/** Whether `proof` is one. */
export function isProof(proof: string, key: string, prover: Prover, nonce: string): boolean {
  return isSameSecret(proof, proofOf(key, prover, nonce));
}
