/**
 * What stands where data would: while it comes, when it cannot come, and when there is none.
 *
 * @module
 */

import { sentence } from "../models/format.ts";
import type { Resource } from "../models/resource.ts";
import { lazy } from "./lazy.tsx";

/** Says why something that was asked for is not there; nothing when it is. */
export function ResourceState({ of }: { readonly of: Resource<unknown> }) {
  const fault = of.fault.value;
  if (of.data.value !== null) {
    return fault === null
      ? null
      : <p class="pad fault" role="alert">Not up to date: {sentence(fault.message)}</p>;
  }
  if (fault !== null) return <p class="pad fault" role="alert">{fault.message}</p>;
  return of.isSlow.value ? <div class="skeleton" aria-hidden="true" /> : <div class="soon" />;
}

/** Nothing was recorded yet. */
export const NoCalls = lazy(async () => (await import("./no_calls.tsx")).NoCalls);
