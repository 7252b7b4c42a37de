import { randomUUID } from "node:crypto";
import type { ConsentState } from "@o2mc/schema/consent/decision.ts";
import { makeReceipt, type ConsentReceipt } from "@o2mc/schema/consent/receipt.ts";
import { CLOCK_SKEW_MS } from "@o2mc/schema/consent/rule.ts";
import type { Signals } from "@o2mc/schema/consent/signals.ts";
import { parseClaim } from "../consent/claim.ts";
import type { EventClaim } from "../consent/gate.ts";
import { saidUnder, type Said } from "../consent/statement.ts";
import type { SourcePlan } from "./plan.ts";

const DAY_MS = 86_400_000;
/** The same consent given again so much later is news: it lives longer. Senders that stamp each event stay below. */
const RENEWAL_MS = 60 * 60_000;

/**
 * What the events of one request change in the stored consent of their subjects, where their source is an authority on it.
 * Each subject's newest claim counts, and only if it is newer than what is stored: a replayed event changes nothing. An
 * event whose subject's consent changes has to wait until that is stored; then the gate judges it as any other.
 */
export class ClaimChanges {
  readonly #plan: SourcePlan;
  readonly #now: number;
  readonly #sent: Signals | undefined;
  readonly #changed = new Map<string, { readonly state: ConsentState; readonly receipt: ConsentReceipt }>();

  constructor(plan: SourcePlan, now: number, sent: Signals | undefined) {
    this.#plan = plan;
    this.#now = now;
    this.#sent = sent;
  }

  /** By subject key: one at most of each. */
  get receipts(): readonly ConsentReceipt[] {
    return Array.from(this.#changed.values(), ({ receipt }) => receipt);
  }

  /** Whether an event with this consent has to wait; `stored` is its subject's. */
  takes(subjectKey: string, consent: unknown, stored: ConsentState | undefined): boolean {
    const claim = parseClaim(consent);
    const known = this.#changed.get(subjectKey)?.state ?? stored;
    if (claim === undefined || claim === "malformed") return this.#changed.has(subjectKey);
    const givenAt = Math.min(claim.givenAt, this.#now);
    if (known === undefined || givenAt > known.givenAt) {
      const said = this.#said(claim);
      if (said !== undefined && changes(said, claim.policyVersion, givenAt, known)) {
        this.#change(subjectKey, claim.policyVersion, givenAt, said);
      }
    }
    return this.#changed.has(subjectKey);
  }

  /** What the claim says that could be stored; undefined = nothing. */
  #said(claim: EventClaim): Said | undefined {
    const { policy } = this.#plan.application.deployment;
    const { purposes, level, fromTcf, policyVersion, givenAt, signals } = claim;
    const latest = this.#now + CLOCK_SKEW_MS;
    if (!(givenAt <= latest) || (signals?.tcf?.lastUpdated ?? 0) > latest) return undefined;
    // a withdrawal is always taken, whatever the subject last saw
    if (purposes.length === 0 && level === undefined && fromTcf !== true) {
      return { purposes: [], optedOut: [], wording: undefined };
    }
    if (policyVersion !== policy.version) return undefined;
    const said = saidUnder(policy, claim, this.#sent);
    if (typeof said === "string") return undefined;
    const lives = policy.purposes.some(
      ({ name, lifetimeDays }) =>
        [...said.purposes, ...said.optedOut].includes(name) && this.#now < givenAt + lifetimeDays * DAY_MS,
    );
    return lives ? said : undefined;
  }

  #change(subjectKey: string, policyVersion: number, at: number, { purposes, optedOut, wording }: Said): void {
    const { source, application } = this.#plan;
    const { policy, tenant, application: name } = application.deployment;
    const receipt = makeReceipt(policy, {
      id: randomUUID(),
      tenant,
      application: name,
      subjectKey,
      purposes,
      policyVersion,
      wording,
      at,
      collection: { method: "event", by: source.id, optedOut },
    });
    this.#changed.set(subjectKey, { receipt, state: { purposes, policyVersion, givenAt: at, receipt: receipt.id } });
  }
}

/** Whether newer consent is other than `known`. */
function changes({ purposes }: Said, policyVersion: number, givenAt: number, known: ConsentState | undefined): boolean {
  if (known === undefined) return true;
  const same = purposes.length === known.purposes.length && purposes.every((name) => known.purposes.includes(name));
  if (!same) return true;
  if (purposes.length === 0) return false;
  return policyVersion !== known.policyVersion || givenAt - known.givenAt >= RENEWAL_MS;
}
