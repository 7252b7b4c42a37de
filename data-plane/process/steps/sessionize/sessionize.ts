import type { FieldType } from "@o2mc/schema/consent/policy.ts";
import { cellAt } from "@o2mc/schema/events/columns/column.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import type { SessionizeOptions } from "@o2mc/schema/pipeline/steps/sessionize.ts";
import type { Batch } from "../../compile/batch.ts";
import type { Node } from "../../compile/node.ts";
import type { Scope } from "../../compile/scope.ts";
import type { Vector } from "../../compile/vector.ts";
import type { Clock, StatefulStep, StepContext, StepRows } from "../step.ts";
import { ownText, TextPool } from "../text-pool.ts";
import { Completed } from "../completed.ts";
import { Deadlines } from "../deadlines.ts";
import { chooseSession, type Bounds, type Choice } from "./bounded.ts";
import { sessionName, SessionRows } from "./session-rows.ts";
import { readSessionState, type SessionState } from "./state.ts";
import { NONE, SessionStore, type Slot } from "./store.ts";

export function planSessionize(options: SessionizeOptions, scope: Scope): void {
  const nodes = options.sticky.map(({ field }) => scope.read(field));
  const sticky = options.sticky.map(({ as }, i) => [as, (nodes[i] as Node).type] as const);
  const cuts = (options.cutOn ?? []).map((field) => scope.read(field));
  scope.keep(new Sessionize(options, sticky), [...nodes, ...cuts]);
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
  readonly #cuts: number;
  readonly #updates: boolean;
  /** sessions have bounds; undefined = all that lies within the gap is one */
  readonly #bounds: Bounds | undefined;
  readonly #sessions: SessionStore;
  readonly #deadlines: Deadlines;
  readonly #completed: Completed;
  readonly #texts = new TextPool();
  #watermark = -Infinity;

  constructor(
    { gapSeconds, sticky, maxSeconds, cutOn = [], updates = false }: SessionizeOptions,
    types: readonly (readonly [as: string, type: FieldType])[],
  ) {
    this.delay = gapSeconds * 1000;
    this.outputs = new Map<string, FieldType>([
      ["session.start", "timestamp"],
      ["session.end", "timestamp"],
      ["session.events", "integer"],
      ...(updates ? [["session.final", "boolean"] as const] : []),
      ...types,
    ]);
    this.#sticky = sticky.length;
    this.#cuts = cutOn.length;
    this.#updates = updates;
    const longest = maxSeconds === undefined ? Infinity : maxSeconds * 1000;
    this.#bounds = cutOn.length === 0 && longest === Infinity ? undefined : { gap: this.delay, longest };
    this.#sessions = new SessionStore(
      sticky.map(({ keep }) => keep),
      { cuts: cutOn.length, named: updates },
    );
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
    const { time: times, watermark: watermarks, key, policy } = batch;
    const sticky = this.#sticky;
    const cuts: Scalar[] = [];
    for (let r = 0; r < rows.length; r++) {
      const row = rows[r] as number;
      const subjectKey =
        (key === undefined ? "" : key.values[key.codes === undefined ? row : (key.codes[row] ?? 0)]) ?? "";
      const time = times[row] as number;
      const watermark = watermarks?.[row] ?? this.#watermark;
      // so that rows of sessions as they are and of complete ones come in one order in whatever frames
      if (this.#updates) {
        this.#watermark = watermark;
        this.#complete(watermark, out);
      }
      for (let c = 0; c < this.#cuts; c++) cuts[c] = cellAt(inputs[sticky + c] as Vector, row);
      const session = this.#join(subjectKey, time, cuts, watermark, out, context);
      if (session === NONE) {
        context.late(row, "the session that this event belongs to has completed");
        continue;
      }
      if (session === REFUSED) {
        context.refuse(row);
        continue;
      }
      this.#sessions.count(session, 1, policy === undefined ? 0 : (policy[row] as number));
      for (let c = 0; c < this.#cuts; c++) this.#setCut(session, c, cuts[c] ?? null);
      for (let s = 0; s < sticky; s++) {
        if (!this.#sessions.wins(session, s, time)) continue;
        const value = cellAt(inputs[s] as Vector, row);
        if (value === null) continue;
        this.#sessions.keep(session, s, typeof value === "string" ? this.#texts.own(value) : value, time);
      }
      if (this.#updates) this.#update(session, out);
    }
    return out.batch();
  }

  #setCut(session: Slot, field: number, value: Scalar): void {
    if (value === null || this.#sessions.cut(session, field) !== null) return;
    this.#sessions.setCut(session, field, typeof value === "string" ? this.#texts.own(value) : value);
  }

  /** A session's name is of its first event: later ones may move its start. */
  #update(session: Slot, out: SessionRows): void {
    if (this.#sessions.events(session) === 1) {
      this.#sessions.setName(session, sessionName(this.#sessions, session, this.#cuts));
    }
    out.add(this.#sessions, session, false);
  }

  advance(clock: Clock): Batch {
    const out = this.#rows();
    this.#watermark = Math.max(this.#watermark, clock.watermark);
    this.#completed.expire(this.#watermark);
    this.#complete(Math.max(this.#watermark, clock.timer), out);
    return out.batch();
  }

  /** Rows of what is complete at `time`, by end, start and subject: in whatever frames the events came, in one order. */
  #complete(time: number, out: SessionRows): void {
    const sessions = this.#sessions;
    const due = this.#deadlines.take(time);
    due.sort(
      (a, b) =>
        sessions.end(a) - sessions.end(b) ||
        sessions.start(a) - sessions.start(b) ||
        compare(sessions.key(a), sessions.key(b)) ||
        compare(sessionName(sessions, a, this.#cuts), sessionName(sessions, b, this.#cuts)),
    );
    for (const session of due) {
      const end = sessions.end(session);
      if (end + this.delay >= this.#watermark) this.#completed.add(sessions.key(session), end);
      out.add(sessions, session, true);
      sessions.remove(session);
    }
  }

  erase(subjectKey: string): void {
    const sessions = this.#sessions;
    for (let at = sessions.first(subjectKey); at !== NONE; at = sessions.first(subjectKey)) sessions.remove(at);
    this.#completed.erase(subjectKey);
  }

  #rows(): SessionRows {
    return new SessionRows(this.outputs, { updates: this.#updates, cuts: this.#cuts });
  }

  /** The session that an event at `time` is now part of; NONE when it is late, REFUSED when there is no room for a new one. */
  #join(
    subjectKey: string,
    time: number,
    cuts: readonly Scalar[],
    watermark: number,
    out: SessionRows,
    { room }: StepContext,
  ): Slot {
    const sessions = this.#sessions;
    const { slot, other, inside } = this.#find(subjectKey, time, cuts, watermark);
    const late = time + this.delay < watermark || this.#completed.covers(subjectKey, time);
    if (late && !inside) return NONE;
    if (slot === NONE) {
      if (!room(sessions.cost(subjectKey))) return REFUSED;
      const opened = sessions.add(ownText(subjectKey), time);
      this.#deadlines.add(opened);
      return opened;
    }
    sessions.cover(slot, time);
    if (other !== NONE) {
      if (this.#updates) out.addMerged(sessions, other);
      sessions.merge(slot, other);
    }
    return slot;
  }

  /** What the event joins; sessions that the watermark has passed are in no event's way any more. */
  #find(subjectKey: string, time: number, cuts: readonly Scalar[], watermark: number): Choice {
    const gap = this.delay;
    const sessions = this.#sessions;
    let slot = NONE;
    let other = NONE;
    let inside = false;
    for (let at = sessions.first(subjectKey), next = NONE; at !== NONE; at = next) {
      next = sessions.next(at);
      const start = sessions.start(at);
      const end = sessions.end(at);
      // its row leaves when the clock advances, with all that are complete by then
      if (end + gap < watermark) sessions.unlink(at);
      else if (time >= start - gap && time <= end + gap) {
        inside ||= time >= start && time <= end;
        if (slot === NONE) slot = at;
        else other = at;
      }
    }
    if (this.#bounds !== undefined) return chooseSession(sessions, subjectKey, time, cuts, this.#bounds);
    // always into the earlier one, so that the order of the chain makes no difference
    const swap = other !== NONE && sessions.start(other) < sessions.start(slot);
    return { slot: swap ? other : slot, other: swap ? slot : other, inside };
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
      policy: all.map((slot) => sessions.policy(slot)),
      values: sticky.map((s) => all.map((slot) => sessions.value(slot, s))),
      times: sticky.map((s) => all.map((slot) => sessions.valueTime(slot, s))),
      ...(this.#cuts === 0
        ? {}
        : { cuts: Array.from({ length: this.#cuts }, (_, c) => all.map((slot) => sessions.cut(slot, c))) }),
      ...(this.#updates ? { names: all.map((slot) => sessions.name(slot) ?? "") } : {}),
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
      sessions.count(slot, state.events[i] ?? 0, state.policy[i] ?? 0);
      for (let s = 0; s < this.#sticky; s++) {
        sessions.keep(slot, s, state.values[s]?.[i] ?? null, state.times[s]?.[i] ?? 0);
      }
      for (let c = 0; c < this.#cuts; c++) sessions.setCut(slot, c, state.cuts?.[c]?.[i] ?? null);
      sessions.setName(slot, state.names?.[i] ?? "");
      this.#deadlines.add(slot);
    }
    state.completedKey.forEach((key, i) => this.#completed.add(key, state.completedEnd[i] ?? 0));
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
