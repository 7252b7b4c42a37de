import { parseClaim } from "../consent/claim.ts";
import type { Decision } from "../consent/gate.ts";
import type { ConsentState, DenialReason } from "@o2mc/schema/consent/decision.ts";
import type { Signals } from "@o2mc/schema/consent/signals.ts";
import type { SourcePlan } from "./plan.ts";

/** The gate's decisions for the events of one request, all judged at one time: who claims the same is answered the same. */
export class Decisions {
  readonly #plan: SourcePlan;
  readonly #now: number;
  readonly #sent: Signals | undefined;
  #consent: unknown;
  /** for `#consent` and a subject that has stored nothing */
  #decision: Decision | undefined;

  /** `sent`: the signals that the request itself carries, which hold for all of its events */
  constructor(plan: SourcePlan, now: number, sent?: Signals) {
    this.#plan = plan;
    this.#now = now;
    this.#sent = sent;
  }

  /** Two owners: without the grant of the source's own the subject's consent opens nothing. */
  decide(consent: unknown, state: ConsentState | undefined): Decision {
    const { source, application } = this.#plan;
    const byOwner = source.consentMode === "owner";
    if (state === undefined && this.#decision !== undefined && (byOwner || sameClaim(consent, this.#consent))) {
      return this.#decision;
    }
    const decision = byOwner
      ? application.gate.byOwner(source.grant, state, this.#now, this.#sent)
      : source.grant.granted
        ? application.gate.bySubject(parseClaim(consent), state, this.#now, this.#sent)
        : "no-consent";
    if (state === undefined) {
      this.#consent = consent;
      this.#decision = decision;
    }
    return decision;
  }

  /**
   * What the sender is told of a denial; undefined = nothing, it counts as accepted. Whoever reads a page has a web source's
   * key, so that only the request and the policy may show in its answers, never what is stored of a subject.
   */
  told(denial: DenialReason, consent: unknown, state: ConsentState | undefined): DenialReason | undefined {
    const { source, application } = this.#plan;
    if (source.kind !== "web") return denial;
    if (consent === undefined || consent === null) return undefined;
    if (state === undefined) return denial;
    const own = application.gate.bySubject(parseClaim(consent), undefined, this.#now, this.#sent);
    return typeof own === "string" ? own : undefined;
  }
}

/** Whether two values read as the same claim; false when in doubt. */
function sameClaim(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const left = a as Readonly<Record<string, unknown>>;
  const right = b as Readonly<Record<string, unknown>>;
  return (
    // signals, levels and whatever a claim may say besides are judged each time
    isPlain(left) &&
    isPlain(right) &&
    left["givenAt"] === right["givenAt"] &&
    left["policyVersion"] === right["policyVersion"] &&
    sameNames(left["purposes"], right["purposes"])
  );
}

/** Only what is compared. */
function isPlain(claim: Readonly<Record<string, unknown>>): boolean {
  for (const name in claim) if (name !== "purposes" && name !== "policyVersion" && name !== "givenAt") return false;
  return true;
}

function sameNames(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
