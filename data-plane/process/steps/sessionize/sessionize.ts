import type { FieldType } from "@o2mc/schema/consent/policy.ts";
import { cellAt } from "@o2mc/schema/events/columns/column.ts";
import type { SessionizeOptions } from "@o2mc/schema/pipeline/steps/sessionize.ts";
import type { Batch } from "../../compile/batch.ts";
import type { Scope } from "../../compile/scope.ts";
import type { Vector } from "../../compile/vector.ts";
import type { Clock, StatefulStep, StepContext, StepRows } from "../step.ts";
import { ownText, TextPool } from "../text-pool.ts";
import { Completed } from "./completed.ts";
import { Deadlines } from "../deadlines.ts";
import { SessionRows } from "./session-rows.ts";
import { readSessionState, type SessionState } from "./state.ts";
import { NONE, SessionStore, type Slot } from "./store.ts";

export function planSessionize(options: SessionizeOptions, scope: Scope): void {
  const fields = options.sticky.map(({ field }) => field);
  const sticky = options.sticky.map(({ field, as }) => [as, scope.read(field).type] as const);
  scope.keep(new Sessionize(options, sticky), fields);
}

/** instead of a session: there is no room for a new one */
const REFUSED: Slot = -2;
/** of a subject whose session the idle timer has completed */
const COMPLETED_BYTES = 100;

/**
 * Exact under disorder: a subject may have several open sessions; an event joins those within the gap and may join two
 * into one. A session completes when the watermark is past end + gap. An event is late when a session of its own would
 * have completed already, unless it lies inside an open one, whose borders it does not change.
 */
class Sessionize implements StatefulStep {
  readonly delay: number;
  readonly outputs: ReadonlyMap<string, FieldType>;
  readonly #sticky: number;
  readonly #sessions: SessionStore;
  readonly #deadlines: Deadlines;
  readonly #completed: Completed;
  readonly #texts = new TextPool();
  #watermark = -Infinity;

  constructor({ gapSeconds, sticky }: SessionizeOptions, types: readonly (readonly [as: string, type: FieldType])[]) {
    this.delay = gapSeconds * 1000;
    this.outputs = new Map<string, FieldType>([
      ["session.start", "timestamp"],
      ["session.end", "timestamp"],
      ["session.events", "integer"],
      ...types,
    ]);
    this.#sticky = sticky.length;
    this.#sessions = new SessionStore(sticky.map(({ keep }) => keep));
    const sessions = this.#sessions;
    this.#deadlines = new Deadlines({
      deadline: (slot) => sessions.end(slot) + this.delay,
      isDue: (slot, time) => sessions.end(slot) + this.delay < time,
      use: (slot) => sessions.use(slot),
    });
    this.#completed = new Completed(this.delay);
  }

  get open(): number {
    return this.#sessions.open;
  }

  get bytes(): number {
    return this.#sessions.bytes + COMPLETED_BYTES * this.#completed.size;
  }

  run({ batch, rows, inputs }: StepRows, context: StepContext): Batch {
    const out = this.#rows();
    const { time: times, watermark: watermarks, key } = batch;
    for (let r = 0; r < rows.length; r++) {
      const row = rows[r] as number;
      const subjectKey =
        (key === undefined ? "" : key.values[key.codes === undefined ? row : (key.codes[row] ?? 0)]) ?? "";
      const time = times[row] as number;
      const session = this.#join(subjectKey, time, watermarks?.[row] ?? this.#watermark, out, context);
      if (session === NONE) {
        context.late(row, "the session that this event belongs to has completed");
        continue;
      }
      if (session === REFUSED) {
        context.refuse(row);
        continue;
      }
      this.#sessions.count(session, 1);
      for (let s = 0; s < inputs.length; s++) {
        if (!this.#sessions.wins(session, s, time)) continue;
        const value = cellAt(inputs[s] as Vector, row);
        if (value === null) continue;
        this.#sessions.keep(session, s, typeof value === "string" ? this.#texts.own(value) : value, time);
      }
    }
    return out.batch();
  }

  advance(clock: Clock): Batch {
    const out = this.#rows();
    this.#watermark = Math.max(this.#watermark, clock.watermark);
    this.#completed.expire(this.#watermark);
    const due = this.#deadlines.take(Math.max(this.#watermark, clock.timer));
    // a restart lays them into the buckets in another order
    due.sort((a, b) => this.#sessions.end(a) - this.#sessions.end(b) || this.#compareKeys(a, b));
    for (const session of due) {
      const end = this.#sessions.end(session);
      if (end + this.delay >= this.#watermark) this.#completed.add(this.#sessions.key(session), end);
      this.#close(session, out);
    }
    return out.batch();
  }

  erase(subjectKey: string): void {
    const sessions = this.#sessions;
    for (let at = sessions.first(subjectKey); at !== NONE; at = sessions.first(subjectKey)) sessions.remove(at);
    this.#completed.erase(subjectKey);
  }

  #rows(): SessionRows {
    return new SessionRows(this.outputs);
  }

  /** The session that an event at `time` is now part of; NONE when it is late, REFUSED when there is no room for a new one. */
  #join(subjectKey: string, time: number, watermark: number, out: SessionRows, { room }: StepContext): Slot {
    const gap = this.delay;
    const sessions = this.#sessions;
    let joined = NONE;
    let other = NONE;
    let inside = false;
    for (let at = sessions.first(subjectKey), next = NONE; at !== NONE; at = next) {
      next = sessions.next(at);
      const start = sessions.start(at);
      const end = sessions.end(at);
      if (end + gap < watermark) this.#close(at, out);
      else if (time >= start - gap && time <= end + gap) {
        inside ||= time >= start && time <= end;
        if (joined === NONE) joined = at;
        else other = at;
      }
    }
    const late = time + gap < watermark || this.#completed.covers(subjectKey, time);
    if (late && !inside) return NONE;
    if (joined === NONE) {
      if (!room(sessions.cost(subjectKey))) return REFUSED;
      const opened = sessions.add(ownText(subjectKey), time);
      this.#deadlines.add(opened);
      return opened;
    }
    sessions.cover(joined, time);
    if (other !== NONE) sessions.merge(joined, other);
    return joined;
  }

  #compareKeys(a: Slot, b: Slot): number {
    const [one, other] = [this.#sessions.key(a), this.#sessions.key(b)];
    return one < other ? -1 : one > other ? 1 : 0;
  }

  #close(session: Slot, out: SessionRows): void {
    out.add(this.#sessions, session);
    this.#sessions.remove(session);
  }

  snapshot(): SessionState {
    const sessions = this.#sessions;
    const all = [...sessions.slots()];
    const completed = [...this.#completed.entries()];
    const sticky = Array.from({ length: this.#sticky }, (_, s) => s);
    return {
      watermark: this.#watermark === -Infinity ? null : this.#watermark,
      subjectKey: all.map((slot) => sessions.key(slot)),
      start: all.map((slot) => sessions.start(slot)),
      end: all.map((slot) => sessions.end(slot)),
      events: all.map((slot) => sessions.events(slot)),
      values: sticky.map((s) => all.map((slot) => sessions.value(slot, s))),
      times: sticky.map((s) => all.map((slot) => sessions.valueTime(slot, s))),
      completedKey: completed.map(([key]) => key),
      completedEnd: completed.map(([, end]) => end),
    };
  }

  restore(value: unknown): void {
    const state = readSessionState(value, this.#sticky);
    const sessions = this.#sessions;
    this.#watermark = state.watermark ?? -Infinity;
    // a chain is added to at its head
    for (let i = state.subjectKey.length - 1; i >= 0; i--) {
      const slot = sessions.add(state.subjectKey[i] ?? "", state.start[i] ?? 0);
      sessions.cover(slot, state.end[i] ?? 0);
      sessions.count(slot, state.events[i] ?? 0);
      for (let s = 0; s < this.#sticky; s++) {
        sessions.keep(slot, s, state.values[s]?.[i] ?? null, state.times[s]?.[i] ?? 0);
      }
      this.#deadlines.add(slot);
    }
    state.completedKey.forEach((key, i) => this.#completed.add(key, state.completedEnd[i] ?? 0));
  }
}
