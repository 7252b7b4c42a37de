import type { ClaimChanges } from "./claim-changes.ts";
import type { ConsentState, DenialReason } from "@o2mc/schema/consent/decision.ts";
import type { Signals } from "@o2mc/schema/consent/signals.ts";
import { Decisions } from "./decide.ts";
import { DistinctIds } from "./distinct-ids.ts";
import { EVENT_ERRORS, type Rejection } from "./event-error.ts";
import type { LanePlan, SourcePlan } from "./plan.ts";
import { EventReader, type EventFault, type EventRow } from "./read-event.ts";

/** What the gate needs to know beside the events, and where the permitted ones go. */
export interface GateContext {
  /** epoch ms */
  readonly now: number;
  /** address of the sender */
  readonly ip: string;
  /** what the sender's browser says of itself (GPC, Do Not Track) */
  readonly signals?: Signals | undefined;
  /** the subject's stored consent */
  readonly stored: (subjectKey: string) => ConsentState | undefined;
  /** of a source that is an authority on consent: what its events change in it */
  readonly changes?: ClaimChanges | undefined;
  /** called once for each lane that the event may enter; the row is another event's afterwards */
  readonly enter: (lane: LanePlan, row: EventRow) => void;
}

/** The events of one request, in whatever form they came in. */
export interface EventList {
  readonly length: number;
  /** reads the event of this index into the reader */
  readonly read: (reader: EventReader, index: number) => EventFault | undefined;
}

export const parsedEvents = (events: readonly unknown[]): EventList => ({
  length: events.length,
  read: (reader, index) => reader.read(events[index]),
});

export interface GateOutcome {
  accepted: number;
  readonly denied: Map<DenialReason, number>;
  readonly rejected: Rejection[];
  /** indices of the events that are to be judged once `changes` are stored */
  readonly waiting: number[];
  /** the same as the sender may know it, see decisions/0003 */
  readonly told: { accepted: number; readonly denied: Map<DenialReason, number> };
}

/** Validates the events of one request, asks the gate about each and hands the permitted ones on, lane by lane. */
export function gateEvents(plan: SourcePlan, events: EventList, context: GateContext): GateOutcome {
  const { application } = plan;
  const { now, ip, stored, changes } = context;
  const outcome: GateOutcome = {
    accepted: 0,
    denied: new Map(),
    rejected: [],
    waiting: [],
    told: { accepted: 0, denied: new Map() },
  };
  const ids = events.length > 1 ? new DistinctIds() : undefined;
  const decisions = new Decisions(plan, now, context.signals);
  const reader = new EventReader(plan, now);
  for (let index = 0; index < events.length; index++) {
    const fault = events.read(reader, index);
    if (fault !== undefined) {
      outcome.rejected.push({ index, code: fault.code, message: `${EVENT_ERRORS[fault.code]}${fault.field ?? ""}` });
      continue;
    }
    if (ids?.add(reader.id) === false) {
      outcome.rejected.push({ index, code: "duplicate-id", message: EVENT_ERRORS["duplicate-id"] });
      continue;
    }
    const state = stored(reader.subject.key);
    if (changes?.takes(reader.subject.key, reader.consent, state) === true) {
      outcome.waiting.push(index);
      continue;
    }
    const decision = decisions.decide(reader.consent, state);
    if (typeof decision === "string") {
      increment(outcome.denied, decision);
      const told = decisions.told(decision, reader.consent, state);
      if (told === undefined) outcome.told.accepted++;
      else increment(outcome.told.denied, told);
      continue;
    }
    if (application.ipValue >= 0) reader.values[application.ipValue] = ip;
    for (let i = 0; i < decision.length; i++) {
      const lane = application.lanes[decision[i] ?? -1];
      if (lane !== undefined) context.enter(lane, reader);
    }
    outcome.accepted++;
    outcome.told.accepted++;
  }
  return outcome;
}

const increment = (counts: Map<DenialReason, number>, reason: DenialReason, by = 1): void =>
  void counts.set(reason, (counts.get(reason) ?? 0) + by);

/** Only these events of a list. */
export const someEvents = (events: EventList, indices: readonly number[]): EventList => ({
  length: indices.length,
  read: (reader, index) => events.read(reader, indices[index] ?? -1),
});

/** `later` is the outcome of the events that `outcome` lets wait. */
export function addOutcome(outcome: GateOutcome, later: GateOutcome): void {
  for (const fault of later.rejected) outcome.rejected.push({ ...fault, index: outcome.waiting[fault.index] ?? -1 });
  outcome.accepted += later.accepted;
  outcome.told.accepted += later.told.accepted;
  for (const [reason, count] of later.denied) increment(outcome.denied, reason, count);
  for (const [reason, count] of later.told.denied) increment(outcome.told.denied, reason, count);
}
