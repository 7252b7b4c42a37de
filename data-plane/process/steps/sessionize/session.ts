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

/** Whether a value of an event at `time` takes the place of what a sticky field has; equal times go by log order. */
export function wins(session: Session, sticky: number, keep: Keep, time: number): boolean {
  const at = session.times[sticky] ?? 0;
  return session.values[sticky] === null || (keep === "first" ? time < at : time >= at);
}

/** Takes `from` into `into`; they don't overlap, so no two of their events have the same time. */
export function mergeSession(into: Session, from: Session, keeps: readonly Keep[]): void {
  into.start = Math.min(into.start, from.start);
  into.end = Math.max(into.end, from.end);
  into.events += from.events;
  keeps.forEach((keep, i) => {
    const value = from.values[i] ?? null;
    const time = from.times[i] ?? 0;
    if (value === null || !wins(into, i, keep, time)) return;
    into.values[i] = value;
    into.times[i] = time;
  });
  from.closed = true;
}
