import type { ConsentClaim, ConsentState, DenialReason } from "@o2mc/schema/consent/decision.ts";
import type { Policy, Wording } from "@o2mc/schema/consent/policy.ts";
import type { DeployedLane, DeployedSource } from "@o2mc/schema/deployment/deployment.ts";
import { CLOCK_SKEW_MS, consentRule, type ConsentRule } from "@o2mc/schema/consent/rule.ts";
import { grantedByTcf, optedOut, type Signals } from "@o2mc/schema/consent/signals.ts";

/** What an event says of its subject's consent. */
export interface EventClaim extends ConsentClaim {
  readonly signals?: Signals;
  /** the purposes are those of this level of the policy */
  readonly level?: string;
  /** the purposes are those that the TC string grants */
  readonly fromTcf?: boolean;
  /** the policy's wording that the subject saw */
  readonly wording?: string;
}

/** A claim as an event carries it; `malformed` when it carries something that is none. */
export type CarriedClaim = EventClaim | "malformed" | undefined;

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
  readonly #policy: Policy;
  readonly #purposes: ReadonlySet<string>;
  readonly #lanes: readonly LaneRule[];
  readonly #receiptLanes: readonly number[];

  constructor(policy: Policy, lanes: readonly DeployedLane[]) {
    this.#policy = policy;
    this.#purposes = new Set(policy.purposes.map(({ name }) => name));
    const rules = lanes.map(({ purposes }, index) => ({ index, purposes, rule: consentRule(policy, purposes) }));
    const { receiptsPurpose = "" } = policy;
    // nobody's events get in beside the receipts, whatever they claim
    this.#lanes = rules.filter(({ purposes }) => !purposes.includes(receiptsPurpose));
    const obliged = policy.purposes.some(
      ({ name, legalBasis }) => name === receiptsPurpose && legalBasis === "legal-obligation",
    );
    this.#receiptLanes = rules.flatMap(({ index, purposes }) =>
      obliged && purposes.every((name) => name === receiptsPurpose) && purposes.length > 0 ? [index] : [],
    );
  }

  /**
   * The lanes that receipts may enter: of the one purpose that the policy processes them for. Their subject is not asked,
   * for the controller has to prove consent, a withdrawal too (GDPR art. 7(1)).
   */
  ofReceipts(): readonly number[] {
    return this.#receiptLanes;
  }

  /**
   * Each event's own consent, narrowed by the stored one; without one of its own the stored one counts alone. What its
   * signals, or those of the request that brought it (`sent`), deny is denied whatever either says.
   */
  bySubject(claim: CarriedClaim, state: ConsentState | undefined, now: number, sent?: Signals): Decision {
    if (claim === "malformed") return "malformed-consent";
    const own = claim === undefined ? state : this.#resolved(claim);
    if (own === undefined) return "no-consent";
    if (own === "unknown-level") return "unknown-purpose";
    if (claim?.wording !== undefined && wordingOf(this.#policy, claim) === undefined) return "unknown-wording";
    if (state !== undefined && state.purposes.length === 0) return "withdrawn";
    if (own.purposes.length === 0) return claim?.fromTcf === true ? "opted-out" : "no-consent";
    if (own.policyVersion !== this.#policy.version) return "outdated-policy";
    if (!(own.givenAt <= now + CLOCK_SKEW_MS)) return "malformed-consent";
    if ((claim?.signals?.tcf?.lastUpdated ?? 0) > now + CLOCK_SKEW_MS) return "malformed-consent";
    for (const name of own.purposes) if (!this.#purposes.has(name)) return "unknown-purpose";
    return this.#lanesOf(({ rule }) => rule.denialOf(own, now), state, now, [claim?.signals, sent]);
  }

  /** The source owner's grant as a whole; what the subject itself has stored or signals narrows it all the same. */
  byOwner(grant: DeployedSource["grant"], state: ConsentState | undefined, now: number, sent?: Signals): Decision {
    if (!grant.granted || grant.purposes.length === 0) return "no-consent";
    const covers = ({ purposes }: LaneRule): DenialReason | undefined =>
      purposes.every((name) => grant.purposes.includes(name)) ? undefined : "no-consent";
    return this.#lanesOf(covers, state, now, [sent]);
  }

  #resolved(claim: EventClaim): ConsentClaim | "unknown-level" {
    if (claim.level === undefined && claim.fromTcf !== true) return claim;
    const purposes = purposesMeant(this.#policy, claim);
    return purposes === "unknown-level" ? purposes : { ...claim, purposes };
  }

  #lanesOf(
    denial: (lane: LaneRule) => DenialReason | undefined,
    state: ConsentState | undefined,
    now: number,
    signals: readonly (Signals | undefined)[],
  ): Decision {
    const denied = signals.flatMap((each) => (each === undefined ? [] : optedOut(this.#policy, each)));
    const lanes: number[] = [];
    let expired = false;
    let signalled = false;
    let stored: DenialReason | undefined;
    for (const lane of this.#lanes) {
      const reason = denial(lane);
      if (reason === "expired") expired = true;
      if (reason !== undefined) continue;
      const narrowed = lane.rule.recheck(state, now);
      if (narrowed === undefined && denied.some((name) => lane.purposes.includes(name))) signalled = true;
      else if (narrowed === undefined) lanes.push(lane.index);
      else if (state !== undefined) stored ??= narrowed;
    }
    if (lanes.length > 0) return lanes;
    return stored ?? (signalled ? "opted-out" : expired ? "expired" : "no-lane");
  }
}

/** The text of the policy that a claim names; undefined when it names none, or one that the policy does not have. */
export const wordingOf = (policy: Policy, { wording }: Pick<EventClaim, "wording">): Wording | undefined =>
  wording === undefined ? undefined : policy.wordings?.find(({ id }) => id === wording);

/** The purposes that a claim names, by themselves, by a level or by a TC string. */
export function purposesMeant(
  policy: Policy,
  { purposes, level, fromTcf, signals }: EventClaim,
): readonly string[] | "unknown-level" {
  if (level !== undefined) return policy.levels?.find(({ name }) => name === level)?.purposes ?? "unknown-level";
  return fromTcf === true && signals?.tcf !== undefined ? grantedByTcf(policy, signals.tcf) : purposes;
}
