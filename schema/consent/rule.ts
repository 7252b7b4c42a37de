import type { ConsentClaim, ConsentState, DenialReason } from "./decision.ts";
import type { Policy } from "./policy.ts";

const DAY_MS = 86_400_000;

/** Clocks of pages and servers differ a little; consent given later than that is not believed. */
export const CLOCK_SKEW_MS = 5 * 60_000;

/**
 * The rule of one set of purposes (a lane's, pipeline's or output's) under one policy. Times are epoch milliseconds.
 * Everybody who uses data asks this same rule: the gate before the hub, process before each use, deliver before each
 * attempt, the control plane before a subscriber sees a row.
 */
export interface ConsentRule {
  /** Why `consent` does not cover all of the purposes at `now`; undefined when it does. */
  denialOf(consent: ConsentClaim, now: number): DenialReason | undefined;
  /**
   * The same of what is stored of a subject after its event has passed the gate. Without a stored state the claim that
   * the event brought there counts alone, under the policy version `admitted` that was in force there (0 = the subject's own
   * consent was not asked): a stored state only ever narrows.
   */
  recheck(stored: ConsentState | undefined, now: number, admitted?: number): DenialReason | undefined;
}

/** Nobody may use a lane without purposes, or with one that the policy does not know. */
const CLOSED: ConsentRule = { denialOf: () => "no-lane", recheck: () => "no-lane" };

export function consentRule(policy: Policy, names: readonly string[]): ConsentRule {
  const wanted = [...new Set(names)];
  const purposes = policy.purposes.filter(({ name }) => wanted.includes(name));
  if (wanted.length === 0 || purposes.length !== wanted.length) return CLOSED;
  // the shortest lifetime ends the consent for all of them
  const lifetime = Math.min(...purposes.map(({ lifetimeDays }) => lifetimeDays)) * DAY_MS;

  const denialOf = (consent: ConsentClaim, now: number): DenialReason | undefined => {
    if (consent.purposes.length === 0) return "withdrawn";
    if (consent.policyVersion !== policy.version) return "outdated-policy";
    // negated, so that a time that is not a number is denied too
    if (!(consent.givenAt <= now + CLOCK_SKEW_MS)) return "malformed-consent";
    for (const name of wanted) if (!consent.purposes.includes(name)) return "no-consent";
    return now < consent.givenAt + lifetime ? undefined : "expired";
  };
  return {
    denialOf,
    recheck: (stored, now, admitted = 0) => {
      if (stored !== undefined) return denialOf(stored, now);
      return admitted > 0 && admitted < policy.version ? "outdated-policy" : undefined;
    },
  };
}

/** `consentRule` that keeps the rules of the newest policy it was asked for: rows come by the thousand per lane. */
export function consentRules(): (policy: Policy, names: readonly string[]) => ConsentRule {
  let known: Policy | undefined;
  const rules = new Map<string, ConsentRule>();
  return (policy, names) => {
    if (policy !== known) {
      known = policy;
      rules.clear();
    }
    const key = names.join("+");
    let rule = rules.get(key);
    if (rule === undefined) rules.set(key, (rule = consentRule(policy, names)));
    return rule;
  };
}
