import { parseClaim } from "../consent/claim.ts";
import type { Decision } from "../consent/gate.ts";
import type { ConsentState, DenialReason } from "@o2mc/schema/consent/decision.ts";
import { EVENT_ERRORS, type Rejection } from "./event-error.ts";
import type { EventRow } from "./open-frame.ts";
import type { LanePlan, SourcePlan } from "./plan.ts";
import { readEvent } from "./read-event.ts";

/** What the gate needs to know beside the events, and where the permitted ones go. */
export interface GateContext {
  /** epoch ms */
  readonly now: number;
  /** address of the sender */
  readonly ip: string;
  /** the subject's stored consent */
  readonly stored: (subjectKey: string) => ConsentState | undefined;
  /** called once for each lane that the event may enter */
  readonly enter: (lane: LanePlan, row: EventRow) => void;
}

export interface GateOutcome {
  accepted: number;
  readonly denied: Map<DenialReason, number>;
  readonly rejected: Rejection[];
}

/** Validates the events of one request, asks the gate about each and hands the permitted ones on, lane by lane. */
export function gateEvents(plan: SourcePlan, events: readonly unknown[], context: GateContext): GateOutcome {
  const { source, application } = plan;
  const { now } = context;
  const outcome: GateOutcome = { accepted: 0, denied: new Map(), rejected: [] };
  const ids = events.length > 1 ? new Set<string>() : undefined;
  for (let index = 0; index < events.length; index++) {
    const event = readEvent(events[index], plan, now);
    if ("code" in event) {
      outcome.rejected.push({ index, code: event.code, message: `${EVENT_ERRORS[event.code]}${event.field ?? ""}` });
      continue;
    }
    if (ids !== undefined) {
      if (ids.has(event.id)) {
        outcome.rejected.push({ index, code: "duplicate-id", message: EVENT_ERRORS["duplicate-id"] });
        continue;
      }
      ids.add(event.id);
    }
    const subjectKey = application.subjectKey(event.subject);
    const state = context.stored(subjectKey);
    const decision = decide(plan, event.consent, state, now);
    if (typeof decision === "string") {
      outcome.denied.set(decision, (outcome.denied.get(decision) ?? 0) + 1);
      continue;
    }
    if (application.ipValue >= 0) event.values[application.ipValue] = context.ip;
    const { id, type, time, values } = event;
    const row: EventRow = { id, type, time, source: source.id, subjectKey, values };
    for (const lane of decision) {
      const target = application.lanes[lane];
      if (target !== undefined) context.enter(target, row);
    }
    outcome.accepted++;
  }
  return outcome;
}

/** Two owners: without the grant of the source's own the subject's consent opens nothing. */
function decide(
  { source, application }: SourcePlan,
  consent: unknown,
  state: ConsentState | undefined,
  now: number,
): Decision {
  if (source.consentMode === "owner") return application.gate.byOwner(source.grant, state, now);
  return source.grant.granted ? application.gate.bySubject(parseClaim(consent), state, now) : "no-consent";
}
