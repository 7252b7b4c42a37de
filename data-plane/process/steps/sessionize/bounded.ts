import type { Scalar } from "@o2mc/schema/events/frame.ts";
import { NONE, type SessionStore, type Slot } from "./store.ts";

export interface Bounds {
  readonly gap: number;
  /** how long a session is at most, ms */
  readonly longest: number;
}

/** What an event joins. */
export interface Choice {
  /** NONE = nothing: it begins a session */
  readonly slot: Slot;
  /** a session that is one with it now; NONE = none */
  readonly other: Slot;
  readonly inside: boolean;
}

/**
 * Which session an event at `time` joins when sessions may have a bound or be cut: one that it lies in, else the nearest
 * before it, else the nearest behind it, or both. Only the nearest: what parted two sessions is not passed over. `cuts` are
 * the event's values of the fields that cut.
 */
export function chooseSession(
  sessions: SessionStore,
  subjectKey: string,
  time: number,
  cuts: readonly Scalar[],
  { gap, longest }: Bounds,
): Choice {
  let within = NONE;
  let before = NONE;
  let behind = NONE;
  // of equals the first in the chain, which was opened last
  for (let at = sessions.first(subjectKey); at !== NONE; at = sessions.next(at)) {
    const start = sessions.start(at);
    const end = sessions.end(at);
    if (end < time) {
      if (before === NONE || end > sessions.end(before)) before = at;
    } else if (start > time) {
      if (behind === NONE || start < sessions.start(behind)) behind = at;
    } else if (accepts(sessions, at, cuts) && (within === NONE || start > sessions.start(within))) within = at;
  }
  if (within !== NONE) return { slot: within, other: NONE, inside: true };
  const fits = (slot: Slot): boolean => {
    if (slot === NONE || !accepts(sessions, slot, cuts)) return false;
    const start = Math.min(time, sessions.start(slot));
    const end = Math.max(time, sessions.end(slot));
    const apart = slot === before ? time - sessions.end(slot) : sessions.start(slot) - time;
    return apart <= gap && end - start <= longest;
  };
  const first = fits(before);
  const second = fits(behind);
  if (!first) return { slot: second ? behind : NONE, other: NONE, inside: false };
  const whole =
    second &&
    sessions.end(behind) - sessions.start(before) <= longest &&
    cuts.every((_, field) => agree(sessions.cut(before, field), sessions.cut(behind, field)));
  return { slot: before, other: whole ? behind : NONE, inside: false };
}

const accepts = (sessions: SessionStore, slot: Slot, cuts: readonly Scalar[]): boolean =>
  cuts.every((value, field) => agree(value, sessions.cut(slot, field)));

/** Null says nothing. */
const agree = (a: Scalar, b: Scalar): boolean => a === null || b === null || a === b;
