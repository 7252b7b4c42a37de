import type { ConsentClaim, ConsentState, DenialReason } from "@o2mc/schema/consent/decision.ts";
import type { Policy } from "@o2mc/schema/consent/policy.ts";
import type { DeployedLane, DeployedSource } from "@o2mc/schema/deployment/deployment.ts";
import { CLOCK_SKEW_MS, consentRule, type ConsentRule } from "@o2mc/schema/consent/rule.ts";

/** A claim as an event carries it; `malformed` when it carries something that is none. */
export type CarriedClaim = ConsentClaim | "malformed" | undefined;

/** The lanes an event may enter, as indices into the deployment's lanes; or why it may enter none. */
export type Decision = readonly number[] | DenialReason;

interface LaneRule {
  readonly index: number;
  readonly purposes: readonly string[];
  readonly rule: ConsentRule;
}

/**
 * The gate's decision for the events of one application, a pure function. An event enters the lanes whose purposes are
 * *all* granted; whatever is unknown, malformed, expired or outdated is a denial.
 */
export class Gate {
  readonly #policyVersion: number;
  readonly #purposes: ReadonlySet<string>;
  readonly #lanes: readonly LaneRule[];

  constructor(policy: Policy, lanes: readonly DeployedLane[]) {
    this.#policyVersion = policy.version;
    this.#purposes = new Set(policy.purposes.map(({ name }) => name));
    this.#lanes = lanes.map(({ purposes }, index) => ({ index, purposes, rule: consentRule(policy, purposes) }));
  }

  /** Each event's own consent, narrowed by the stored one; without one of its own the stored one counts alone. */
  bySubject(claim: CarriedClaim, state: ConsentState | undefined, now: number): Decision {
    if (claim === "malformed") return "malformed-consent";
    const own = claim ?? state;
    if (own === undefined) return "no-consent";
    if (state !== undefined && state.purposes.length === 0) return "withdrawn";
    if (own.purposes.length === 0) return "no-consent";
    if (own.policyVersion !== this.#policyVersion) return "outdated-policy";
    if (!(own.givenAt <= now + CLOCK_SKEW_MS)) return "malformed-consent";
    for (const name of own.purposes) if (!this.#purposes.has(name)) return "unknown-purpose";
    return this.#lanesOf(({ rule }) => rule.denialOf(own, now), state, now);
  }

  /** The source owner's grant as a whole; what the subject itself has stored narrows it all the same. */
  byOwner(grant: DeployedSource["grant"], state: ConsentState | undefined, now: number): Decision {
    if (!grant.granted || grant.purposes.length === 0) return "no-consent";
    const covers = ({ purposes }: LaneRule): DenialReason | undefined =>
      purposes.every((name) => grant.purposes.includes(name)) ? undefined : "no-consent";
    return this.#lanesOf(covers, state, now);
  }

  #lanesOf(
    denial: (lane: LaneRule) => DenialReason | undefined,
    state: ConsentState | undefined,
    now: number,
  ): Decision {
    const lanes: number[] = [];
    let expired = false;
    let stored: DenialReason | undefined;
    for (const lane of this.#lanes) {
      const reason = denial(lane);
      if (reason === "expired") expired = true;
      if (reason !== undefined) continue;
      const narrowed = lane.rule.recheck(state, now);
      if (narrowed === undefined) lanes.push(lane.index);
      else if (state !== undefined) stored ??= narrowed;
    }
    if (lanes.length > 0) return lanes;
    return stored ?? (expired ? "expired" : "no-lane");
  }
}
