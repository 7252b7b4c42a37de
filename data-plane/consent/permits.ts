import type { ConsentState, DenialReason } from "@o2mc/schema/consent/decision.ts";
import type { Policy, Purpose } from "@o2mc/schema/consent/policy.ts";

/** What the rule needs of a purpose. */
export type LimitedPurpose = Pick<Purpose, "name" | "lifetimeDays">;

const DAY_MS = 86_400_000;

/**
 * Whether a subject's stored consent lets data be used for all of `purposes` (those of one lane, pipeline or output):
 * the edge asks before the hub, process before each use, deliver before each attempt. `now` is epoch milliseconds.
 *
 * Without a stored state the claim that the event brought to the gate counts alone. A stored state only ever narrows: a
 * withdrawal, an older policy version and a lifetime that is over all deny. A lane without purposes is permitted to nobody.
 */
export function permits(
  state: ConsentState | undefined,
  purposes: readonly LimitedPurpose[],
  policyVersion: number,
  now: number,
): boolean {
  if (purposes.length === 0) return false;
  return state === undefined || denialOf(state, purposes, policyVersion, now) === undefined;
}

/** Why `state` does not cover all of `purposes`; undefined when it does. */
export function denialOf(
  state: Pick<ConsentState, "purposes" | "policyVersion" | "givenAt">,
  purposes: readonly LimitedPurpose[],
  policyVersion: number,
  now: number,
): DenialReason | undefined {
  if (state.purposes.length === 0) return "withdrawn";
  if (state.policyVersion !== policyVersion) return "outdated-policy";
  for (const { name } of purposes) if (!state.purposes.includes(name)) return "no-consent";
  for (const { lifetimeDays } of purposes) {
    // the negation also denies a time or a lifetime that is not a number
    if (!(now < state.givenAt + lifetimeDays * DAY_MS)) return "expired";
  }
  return undefined;
}

/** The policy's purposes of these names; undefined when it lacks one of them, which must be a denial. */
export function limitedPurposes(policy: Policy, names: readonly string[]): LimitedPurpose[] | undefined {
  const found: LimitedPurpose[] = [];
  for (const name of new Set(names)) {
    const purpose = policy.purposes.find((candidate) => candidate.name === name);
    if (purpose === undefined) return undefined;
    found.push(purpose);
  }
  return found;
}
