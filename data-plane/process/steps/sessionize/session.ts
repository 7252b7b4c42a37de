import type { Scalar } from "@o2mc/schema/events/frame.ts";

/** An open session of one subject: an interval of event time that later events may stretch or join with another. */
export interface Session {
  readonly subjectKey: string;
  /** time of first and last event, epoch ms */
  start: number;
  end: number;
  events: number;
  /** per sticky field, its value so far and the time of the event that gave it */
  readonly values: Scalar[];
  readonly times: number[];
  /** another open session of the same subject, when events came out of order */
  next: Session | undefined;
  closed: boolean;
}

export type Keep = "first" | "last";

export function openSession(subjectKey: string, time: number, sticky: number): Session {
  return {
    subjectKey,
    start: time,
    end: time,
    events: 0,
    values: Array.from({ length: sticky }, () => null),
    times: Array.from({ length: sticky }, () => 0),
    next: undefined,
    closed: false,
  };
}

/** Takes a sticky value in; equal times go by log order. */
export function keepValue(session: Session, sticky: number, keep: Keep, value: Scalar, time: number): void {
  if (value === null) return;
  const at = session.times[sticky] ?? 0;
  const wins = session.values[sticky] === null || (keep === "first" ? time < at : time >= at);
  if (!wins) return;
  session.values[sticky] = value;
  session.times[sticky] = time;
}

/** Takes `from` into `into`; they don't overlap, so no two of their events have the same time. */
export function mergeSession(into: Session, from: Session, keeps: readonly Keep[]): void {
  into.start = Math.min(into.start, from.start);
  into.end = Math.max(into.end, from.end);
  into.events += from.events;
  keeps.forEach((keep, i) => keepValue(into, i, keep, from.values[i] ?? null, from.times[i] ?? 0));
  from.closed = true;
}
