import { setTimeout as sleep } from "node:timers/promises";
import type { Policy } from "@o2mc/schema/consent/policy.ts";
import type { ConsentStates } from "../config/consent-states.ts";
import { limitedPurposes, permits } from "../consent/permits.ts";

/** The stored consent of one application's subjects, as deliver asks it before each attempt. */
export interface Consent {
  /** resolves once the store is known; until then nothing may be written. Throws when `signal` aborts first. */
  known(signal: AbortSignal): Promise<void>;
  permits(subjectKey: string, purposes: readonly string[]): boolean;
}

const POLL_MS = 50;

export function storedConsent(states: ConsentStates, application: string, policy: () => Policy): Consent {
  return {
    known: async (signal) => {
      while (!states.complete) await sleep(POLL_MS, undefined, { signal });
    },
    permits: (subjectKey, names) => {
      const current = policy();
      const purposes = limitedPurposes(current, names);
      if (purposes === undefined) return false;
      return permits(states.get(application, subjectKey), purposes, current.version, Date.now());
    },
  };
}
