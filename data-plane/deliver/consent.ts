import { setTimeout as sleep } from "node:timers/promises";
import type { Policy } from "@o2mc/schema/consent/policy.ts";
import { consentRules } from "@o2mc/schema/consent/rule.ts";
import type { ConsentStates } from "../config/consent-states.ts";

/** The stored consent of one application's subjects, as deliver asks it before each attempt. */
export interface Consent {
  /** resolves once the store is known; until then nothing may be written. Throws when `signal` aborts first. */
  known(signal: AbortSignal): Promise<void>;
  /** `admitted` as in `ConsentRule` */
  permits(subjectKey: string, purposes: readonly string[], admitted: number): boolean;
}

const POLL_MS = 50;

export function storedConsent(states: ConsentStates, application: string, policy: () => Policy): Consent {
  const rule = consentRules();
  return {
    known: async (signal) => {
      while (!states.complete) await sleep(POLL_MS, undefined, { signal });
    },
    permits: (subjectKey, names, admitted) =>
      rule(policy(), names).recheck(states.get(application, subjectKey), Date.now(), admitted) === undefined,
  };
}
