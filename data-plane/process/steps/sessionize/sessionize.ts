import type { Scalar } from "@o2mc/schema/events/frame.ts";
import type { SessionizeOptions } from "@o2mc/schema/pipeline/steps/sessionize.ts";
import { column, type Rows } from "../rows.ts";
import type { BuildContext, Clock, StatefulStep, StepContext } from "../step.ts";
import { Completed } from "./completed.ts";
import { Deadlines } from "./deadlines.ts";
import { keepValue, mergeSession, openSession, type Keep, type Session } from "./session.ts";
import { SessionRows } from "./session-rows.ts";
import { readSessionState, type SessionState } from "./state.ts";

export function buildSessionize(options: SessionizeOptions, { types }: BuildContext): StatefulStep {
  const sticky = options.sticky.map(({ field, as }) => [as, types.get(field) ?? "string"] as const);
  types.clear();
  types.set("session.start", "timestamp").set("session.end", "timestamp").set("session.events", "integer");
  for (const [as, type] of sticky) types.set(as, type);
  return new Sessionize(options);
}

/**
 * Exact under disorder: a subject may have several open sessions; an event joins those within the gap and may join two
 * into one. A session completes when the watermark is past end + gap. An event is late when a session of its own would
 * have completed already, unless it lies inside an open one, whose borders it does not change.
 */
class Sessionize implements StatefulStep {
  readonly verb = "sessionize";
  readonly delay: number;
  readonly #fields: readonly string[];
  readonly #names: readonly string[];
  readonly #keeps: readonly Keep[];
  readonly #sessions = new Map<string, Session>();
  readonly #deadlines: Deadlines;
  readonly #completed: Completed;
  #watermark = -Infinity;
  #open = 0;

  constructor({ gapSeconds, sticky }: SessionizeOptions) {
    this.delay = gapSeconds * 1000;
    this.#fields = sticky.map(({ field }) => field);
    this.#names = sticky.map(({ as }) => as);
    this.#keeps = sticky.map(({ keep }) => keep);
    this.#deadlines = new Deadlines(this.delay);
    this.#completed = new Completed(this.delay);
  }

  get open(): number {
    return this.#open;
  }

  run(rows: Rows, context: StepContext): Rows {
    const out = new SessionRows(this.#names);
    const columns = this.#fields.map((field) => column(rows, field));
    for (let i = 0; i < rows.n; i++) {
      const subjectKey = rows.subjectKey?.[i] ?? "";
      const time = rows.time[i] as number;
      const watermark = rows.watermark?.[i] ?? this.#watermark;
      const session = this.#join(subjectKey, time, watermark, out);
      if (session === undefined) {
        context.dead(rows, i, "late", "the session that this event belongs to has completed");
        continue;
      }
      session.events++;
      for (let s = 0; s < columns.length; s++) {
        keepValue(session, s, this.#keeps[s] as Keep, columns[s]?.[i] ?? (null as Scalar), time);
      }
    }
    return out.rows();
  }

  advance(clock: Clock): Rows {
    const out = new SessionRows(this.#names);
    this.#watermark = Math.max(this.#watermark, clock.watermark);
    this.#completed.expire(this.#watermark);
    for (const session of this.#deadlines.take(Math.max(this.#watermark, clock.timer))) {
      if (session.end + this.delay >= this.#watermark) this.#completed.add(session.subjectKey, session.end);
      this.#close(session, out);
    }
    return out.rows();
  }

  /** The session that an event at `time` is now part of; undefined when it is late. */
  #join(subjectKey: string, time: number, watermark: number, out: SessionRows): Session | undefined {
    const gap = this.delay;
    let joined: Session | undefined;
    let other: Session | undefined;
    for (let at = this.#sessions.get(subjectKey); at !== undefined; at = at.next) {
      if (at.end + gap < watermark) this.#close(at, out);
      else if (time >= at.start - gap && time <= at.end + gap) {
        if (joined === undefined) joined = at;
        else other = at;
      }
    }
    const inside = joined !== undefined && time >= joined.start && time <= joined.end;
    const insideOther = other !== undefined && time >= other.start && time <= other.end;
    const late = time + gap < watermark || this.#completed.covers(subjectKey, time);
    if (late && !inside && !insideOther) return undefined;
    if (joined === undefined) return this.#add(openSession(subjectKey, time, this.#names.length));
    joined.start = Math.min(joined.start, time);
    joined.end = Math.max(joined.end, time);
    if (other !== undefined) {
      mergeSession(joined, other, this.#keeps);
      this.#unlink(other);
    }
    return joined;
  }

  #add(session: Session): Session {
    session.next = this.#sessions.get(session.subjectKey);
    this.#sessions.set(session.subjectKey, session);
    this.#deadlines.add(session);
    this.#open++;
    return session;
  }

  #close(session: Session, out: SessionRows): void {
    session.closed = true;
    this.#unlink(session);
    out.add(session);
  }

  /** Takes a session out of its subject's chain; its own `next` stays, for whoever walks the chain. */
  #unlink(session: Session): void {
    this.#open--;
    const head = this.#sessions.get(session.subjectKey);
    if (head === session) {
      if (session.next === undefined) this.#sessions.delete(session.subjectKey);
      else this.#sessions.set(session.subjectKey, session.next);
      return;
    }
    let before = head;
    while (before !== undefined && before.next !== session) before = before.next;
    if (before !== undefined) before.next = session.next;
  }

  snapshot(): SessionState {
    const all: Session[] = [];
    for (const head of this.#sessions.values()) {
      for (let at: Session | undefined = head; at !== undefined; at = at.next) all.push(at);
    }
    const completed = [...this.#completed.entries()];
    return {
      watermark: this.#watermark === -Infinity ? null : this.#watermark,
      subjectKey: all.map((session) => session.subjectKey),
      start: all.map((session) => session.start),
      end: all.map((session) => session.end),
      events: all.map((session) => session.events),
      values: this.#names.map((_, s) => all.map((session) => session.values[s] ?? null)),
      times: this.#names.map((_, s) => all.map((session) => session.times[s] ?? 0)),
      completedKey: completed.map(([key]) => key),
      completedEnd: completed.map(([, end]) => end),
    };
  }

  restore(value: unknown): void {
    const state = readSessionState(value, this.#names.length);
    this.#watermark = state.watermark ?? -Infinity;
    state.subjectKey.forEach((subjectKey, i) => {
      const session = openSession(subjectKey, state.start[i] ?? 0, this.#names.length);
      session.end = state.end[i] ?? 0;
      session.events = state.events[i] ?? 0;
      for (let s = 0; s < this.#names.length; s++) {
        session.values[s] = state.values[s]?.[i] ?? null;
        session.times[s] = state.times[s]?.[i] ?? 0;
      }
      this.#add(session);
    });
    state.completedKey.forEach((key, i) => this.#completed.add(key, state.completedEnd[i] ?? 0));
  }
}
