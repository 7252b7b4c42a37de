import type { FieldType } from "@o2mc/schema/consent/policy.ts";
import { cellAt } from "@o2mc/schema/events/columns/column.ts";
import type { SessionizeOptions } from "@o2mc/schema/pipeline/steps/sessionize.ts";
import type { Batch } from "../../compile/batch.ts";
import type { Scope } from "../../compile/scope.ts";
import type { Vector } from "../../compile/vector.ts";
import type { Clock, StatefulStep, StepContext, StepRows } from "../step.ts";
import { ownText, TextPool } from "../text-pool.ts";
import { Completed } from "./completed.ts";
import { Deadlines } from "./deadlines.ts";
import { mergeSession, openSession, wins, type Keep, type Session } from "./session.ts";
import { SessionRows } from "./session-rows.ts";
import { readSessionState, type SessionState } from "./state.ts";

export function planSessionize(options: SessionizeOptions, scope: Scope): void {
  const fields = options.sticky.map(({ field }) => field);
  const sticky = options.sticky.map(({ field, as }) => [as, scope.read(field).type] as const);
  scope.keep(new Sessionize(options, sticky), fields);
}

/**
 * Exact under disorder: a subject may have several open sessions; an event joins those within the gap and may join two
 * into one. A session completes when the watermark is past end + gap. An event is late when a session of its own would
 * have completed already, unless it lies inside an open one, whose borders it does not change.
 */
class Sessionize implements StatefulStep {
  readonly delay: number;
  readonly outputs: ReadonlyMap<string, FieldType>;
  readonly #names: readonly string[];
  readonly #keeps: readonly Keep[];
  readonly #sessions = new Map<string, Session>();
  readonly #deadlines: Deadlines;
  readonly #completed: Completed;
  #watermark = -Infinity;
  #open = 0;
  readonly #texts = new TextPool();

  constructor({ gapSeconds, sticky }: SessionizeOptions, types: readonly (readonly [as: string, type: FieldType])[]) {
    this.delay = gapSeconds * 1000;
    this.outputs = new Map<string, FieldType>([
      ["session.start", "timestamp"],
      ["session.end", "timestamp"],
      ["session.events", "integer"],
      ...types,
    ]);
    this.#names = sticky.map(({ as }) => as);
    this.#keeps = sticky.map(({ keep }) => keep);
    this.#deadlines = new Deadlines(this.delay);
    this.#completed = new Completed(this.delay);
  }

  get open(): number {
    return this.#open;
  }

  run({ batch, rows, inputs }: StepRows, context: StepContext): Batch {
    const out = this.#rows();
    const { time: times, watermark: watermarks, key } = batch;
    for (let r = 0; r < rows.length; r++) {
      const row = rows[r] as number;
      const subjectKey =
        (key === undefined ? "" : key.values[key.codes === undefined ? row : (key.codes[row] ?? 0)]) ?? "";
      const time = times[row] as number;
      const session = this.#join(subjectKey, time, watermarks?.[row] ?? this.#watermark, out);
      if (session === undefined) {
        context.dead(row, "late", "the session that this event belongs to has completed");
        continue;
      }
      session.events++;
      for (let s = 0; s < inputs.length; s++) {
        const keep = this.#keeps[s] as Keep;
        if (!wins(session, s, keep, time)) continue;
        const value = cellAt(inputs[s] as Vector, row);
        if (value === null) continue;
        session.values[s] = typeof value === "string" ? this.#texts.own(value) : value;
        session.times[s] = time;
      }
    }
    return out.batch();
  }

  advance(clock: Clock): Batch {
    const out = this.#rows();
    this.#watermark = Math.max(this.#watermark, clock.watermark);
    this.#completed.expire(this.#watermark);
    for (const session of this.#deadlines.take(Math.max(this.#watermark, clock.timer))) {
      if (session.end + this.delay >= this.#watermark) this.#completed.add(session.subjectKey, session.end);
      this.#close(session, out);
    }
    return out.batch();
  }

  #rows(): SessionRows {
    return new SessionRows(this.outputs);
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
    if (joined === undefined) return this.#add(openSession(ownText(subjectKey), time, this.#names.length));
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
