import type { ConsentState } from "./decision.ts";

/** What cannot be read denies like a withdrawal. */
const UNREADABLE: ConsentState = { purposes: [], policyVersion: 0, givenAt: 0, receipt: "" };

/** A stored value of `BUCKETS.consent`. Never throws: one bad value must not end the reading of the others. */
export function readConsentState(value: Uint8Array): ConsentState {
  try {
    const state = JSON.parse(new TextDecoder().decode(value)) as Partial<ConsentState> | null;
    if (
      Array.isArray(state?.purposes) &&
      state.purposes.every((purpose) => typeof purpose === "string") &&
      typeof state.policyVersion === "number" &&
      typeof state.givenAt === "number" &&
      typeof state.receipt === "string"
    ) {
      return state as ConsentState;
    }
  } catch {
    // denied below
  }
  return UNREADABLE;
}
