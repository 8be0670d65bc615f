/**
 * Proofs that somebody has the key, which do not tell it: whoever has the port may be another program,
 * of another user.
 *
 * @module
 */

import { createHmac, timingSafeEqual } from "node:crypto";

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
  const wanted = new TextEncoder().encode(proofOf(key, prover, nonce));
  const given = new TextEncoder().encode(proof);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
