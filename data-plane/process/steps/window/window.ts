import type { FieldType } from "@o2mc/schema/consent/policy.ts";
import { cellAt } from "@o2mc/schema/events/columns/column.ts";
import { lateColumns, windowColumns, type WindowOptions } from "@o2mc/schema/pipeline/steps/window.ts";
import type { Batch } from "../../compile/batch.ts";
import type { Scope } from "../../compile/scope.ts";
import type { Vector } from "../../compile/vector.ts";
import { Deadlines } from "../deadlines.ts";
import type { Clock, StatefulStep, StepContext, StepRows } from "../step.ts";
import { ownText } from "../text-pool.ts";
import { createAggregate, type AggregateColumn, type GrowingAggregate } from "./aggregates/aggregate.ts";
import { groupCodes, groupOf, keyText, MAX_CODES, ownGroup } from "./key-text.ts";
import { Keys, type Key } from "./keys.ts";
import { PairList } from "./pair-list.ts";
import { findSession, type Joined } from "./session.ts";
import { NONE, Slots, type Slot } from "./slots.ts";
import { completedGroups, readWindowState, type WindowState } from "./state.ts";
import { WindowRows, type Windows } from "./window-rows.ts";
import { createWindowing, type Windowing } from "./windowing.ts";

export function planWindow(options: WindowOptions, scope: Scope): void {
  const outputs = new Map(windowColumns(options, (field) => scope.read(field).type));
  const valued = options.aggregates.flatMap(({ field }) => (field === undefined ? [] : [field]));
  const late = options.lateOutput === undefined ? undefined : scope.fork();
  if (late !== undefined && options.lateOutput !== undefined) {
    late.at = scope.at;
    late.emit(options.lateOutput, lateColumns(options, scope.has("$time") ? ["$time"] : []));
  }
  scope.keep(new Window(options, outputs), [...options.by, ...valued], late);
}

const COMPLETED_BYTES = 80;
/** of `memo`: the group has not been looked up */
const UNKNOWN = -1;

/**
 * Windows by event time. One completes when the watermark passes its end and the allowed lateness, or ahead of it when
 * the idle timer does; its group remembers until when, and what comes for that is late. What completes leaves by end,
 * then by start, then in the order in which windows were opened: the same in whatever frames the events came.
 */
class Window implements StatefulStep {
  readonly delay: number;
  readonly outputs: ReadonlyMap<string, FieldType>;
  readonly #options: WindowOptions;
  readonly #perSubject: boolean;
  readonly #lateness: number;
  /** of session windows, else 0 */
  readonly #gap: number;
  readonly #early: number;
  /** undefined = session windows */
  readonly #windowing: Windowing | undefined;
  readonly #aggregates: readonly AggregateColumn[];
  readonly #growing: readonly { readonly aggregate: GrowingAggregate; readonly index: number }[];
  readonly #keys = new Keys();
  readonly #slots: Slots;
  readonly #deadlines: Deadlines;
  readonly #windows: Windows;
  #watermark = -Infinity;
  /** the multiple of `earlySeconds` that the watermark has to reach for rows of what has changed */
  #nextEarly = -Infinity;
  /** windows that have, some perhaps closed since; empty when there are no early rows */
  #changed: Slot[] = [];
  /** the earliest time at which a completed group may be forgotten */
  #firstExpiry = Infinity;
  // used again by every run
  readonly #pairs = new PairList();
  readonly #memo = new Int32Array(MAX_CODES);
  readonly #joined: Joined = { slot: NONE, other: NONE, late: false };
  readonly #targets: { slot: Slot; start: number; end: number }[] = [];

  constructor(options: WindowOptions, outputs: ReadonlyMap<string, FieldType>) {
    const { by, aggregates, kind, gapSeconds = 0, latenessSeconds = 0, earlySeconds } = options;
    this.outputs = outputs;
    this.#options = options;
    this.#perSubject = by.includes("$subject");
    this.#lateness = latenessSeconds * 1000;
    this.#gap = gapSeconds * 1000;
    this.#early = earlySeconds === undefined ? Infinity : earlySeconds * 1000;
    this.#windowing = kind === "session" ? undefined : createWindowing(options);
    this.delay = (this.#windowing?.longest ?? this.#gap) + this.#lateness;
    this.#aggregates = aggregates.map(createAggregate);
    this.#growing = this.#aggregates.flatMap((aggregate, index) => (aggregate.flat ? [] : [{ aggregate, index }]));
    const slots = (this.#slots = new Slots(this.#keys, this.#aggregates));
    const wait = this.#gap + this.#lateness;
    // a row exactly the gap after the last one still joins it, so that a session is due a moment later
    const session = this.#windowing === undefined;
    this.#deadlines = new Deadlines({
      deadline: (slot) => slots.end(slot) + wait,
      isDue: (slot, time) => (session ? slots.end(slot) + wait < time : slots.end(slot) + wait <= time),
      use: (slot) => slots.use(slot),
    });
    this.#windows = { options, types: outputs, keys: this.#keys, slots, aggregates: this.#aggregates };
  }

  get open(): number {
    return this.#slots.open;
  }

  get bytes(): number {
    let bytes = this.#slots.bytes;
    for (const { aggregate } of this.#growing) bytes += aggregate.bytes;
    const { n, characters } = this.#keys.completedKeys;
    return bytes + COMPLETED_BYTES * n + 2 * characters;
  }

  run({ batch, rows, inputs }: StepRows, context: StepContext): Batch {
    const early = new WindowRows(this.#windows);
    const by = inputs.slice(0, this.#options.by.length);
    let next = by.length;
    const values = this.#options.aggregates.map(({ field }) =>
      field === undefined ? NO_INPUT : (inputs[next++] as Vector),
    );
    const codes = groupCodes(by, rows, batch.n);
    if (codes !== undefined) this.#memo.fill(UNKNOWN, 0, codes.size);
    for (const row of rows) {
      const watermark = batch.watermark?.[row] ?? this.#watermark;
      if (watermark >= this.#nextEarly && this.#early !== Infinity) {
        this.#addPairs(values, batch.time);
        this.#watermark = watermark;
        this.#fire(watermark, early);
        // groups of what has completed may be gone
        if (codes !== undefined) this.#memo.fill(UNKNOWN, 0, codes.size);
      }
      const code = codes === undefined ? UNKNOWN : (codes.codes[row] as number);
      let key = code === UNKNOWN ? UNKNOWN : (this.#memo[code] as Key);
      let group: ReturnType<typeof groupOf> | undefined;
      let text = "";
      if (key === UNKNOWN) {
        group = groupOf(by, row);
        text = keyText(group);
        key = this.#keys.find(text);
      } else text = this.#keys.text(key);
      const time = batch.time[row] as number;
      const problem = this.#findTargets(key, time, watermark);
      if (problem === "late") {
        context.late(row, "the window that this event belongs to has completed");
        continue;
      }
      if (problem === "invalid-time") {
        context.dead(row, problem, "the time of this event is in no calendar");
        continue;
      }
      const growth = this.#growth(text, values, row, time);
      if (growth > 0 && !context.room(growth)) {
        context.refuse(row);
        continue;
      }
      if (key < 0) {
        const subjectKey = this.#perSubject && batch.key !== undefined ? String(cellAt(batch.key, row)) : "";
        key = this.#keys.add(text, ownGroup(group ?? groupOf(by, row)), ownText(subjectKey));
      }
      if (code !== UNKNOWN) this.#memo[code] = key;
      this.#put(key, row, time, values, batch.time);
    }
    this.#addPairs(values, batch.time);
    return early.batch();
  }

  /** Sets the windows that a row goes into; one without a slot is to be opened. */
  #findTargets(key: Key, time: number, watermark: number): "late" | "invalid-time" | undefined {
    const targets = this.#targets;
    targets.length = 0;
    const windowing = this.#windowing;
    if (windowing === undefined) {
      findSession(this.#windows, key, { time, watermark, gap: this.#gap, lateness: this.#lateness }, this.#joined);
      targets.push({ slot: this.#joined.slot, start: time, end: time });
      return this.#joined.late ? "late" : undefined;
    }
    if (!windowing.moveTo(time)) return "invalid-time";
    const completed = key < 0 ? -Infinity : this.#keys.completed(key);
    do {
      const { start, end } = windowing;
      if (end + this.#lateness <= watermark || end <= completed) continue;
      targets.push({ slot: key < 0 ? NONE : this.#slots.find(key, start), start, end });
    } while (windowing.moveBack(time));
    return targets.length === 0 ? "late" : undefined;
  }

  #growth(text: string, values: readonly Vector[], row: number, time: number): number {
    let growth = 0;
    for (const { slot } of this.#targets) {
      if (slot === NONE) growth += this.#slots.cost(text);
      for (const { aggregate, index } of this.#growing) {
        growth += aggregate.growth(slot, values[index] as Vector, row, time);
      }
    }
    return growth;
  }

  #put(key: Key, row: number, time: number, values: readonly Vector[], times: Float64Array): void {
    for (const { slot: found, start, end } of this.#targets) {
      const slot = found === NONE ? this.#open(key, start, end) : found;
      if (this.#windowing === undefined) {
        this.#slots.cover(slot, time);
        if (this.#joined.other !== NONE) {
          // rows of this batch are to be in what is merged
          this.#addPairs(values, times);
          this.#slots.merge(slot, this.#joined.other);
        }
      }
      this.#pairs.add(slot, row);
      for (const { aggregate, index } of this.#growing) aggregate.add(slot, values[index] as Vector, row, time);
      if (this.#early !== Infinity && this.#slots.change(slot)) this.#changed.push(slot);
    }
  }

  #open(key: Key, start: number, end: number): Slot {
    const slot = this.#slots.add(key, start, end);
    this.#deadlines.add(slot);
    return slot;
  }

  #addPairs(values: readonly Vector[], times: Float64Array): void {
    if (this.#pairs.n === 0) return;
    this.#aggregates.forEach((aggregate, a) => {
      if (aggregate.flat) aggregate.addAll(this.#pairs, values[a] as Vector, times);
    });
    this.#pairs.n = 0;
  }

  /**
   * Time has come to a multiple of `earlySeconds`: rows of what has changed, behind what completes before, as if each row
   * had come in a frame of its own.
   */
  #fire(time: number, rows: WindowRows): void {
    this.#close(this.#nextEarly, rows);
    const changed = this.#changed.filter((slot) => this.#slots.hasChanged(slot));
    this.#changed = [];
    for (const slot of this.#slots.sort(changed)) {
      // one that was closed and opened again stands in the list twice
      if (this.#slots.hasChanged(slot)) rows.add(slot, false);
      this.#slots.settle(slot);
    }
    this.#nextEarly = (Math.floor(time / this.#early) + 1) * this.#early;
  }

  advance(clock: Clock): Batch {
    const rows = new WindowRows(this.#windows);
    this.#watermark = Math.max(this.#watermark, clock.watermark);
    const limit = Math.max(this.#watermark, clock.timer);
    if (this.#early !== Infinity && limit >= this.#nextEarly) this.#fire(limit, rows);
    if (this.#watermark > this.#firstExpiry) this.#expire();
    this.#close(limit, rows);
    return rows.batch();
  }

  #close(limit: number, rows: WindowRows): void {
    const due = this.#slots.sort(this.#deadlines.take(limit));
    for (const slot of due) {
      const end = this.#slots.end(slot);
      rows.add(slot, true);
      if (end + this.#gap + this.#lateness >= this.#watermark) this.#complete(this.#slots.key(slot), end);
      this.#slots.unlink(slot);
    }
    const keys = due.map((slot) => this.#slots.key(slot));
    for (const slot of due) this.#slots.free(slot);
    for (const key of keys) this.#keys.release(key);
  }

  #complete(key: Key, until: number): void {
    this.#keys.complete(key, until);
    this.#firstExpiry = Math.min(this.#firstExpiry, until + this.#gap + this.#lateness);
  }

  /** Forgets of completed groups what the watermark has passed. */
  #expire(): void {
    this.#firstExpiry = Infinity;
    for (const key of this.#keys.entries()) {
      const expiry = this.#keys.completed(key) + this.#gap + this.#lateness;
      if (expiry === -Infinity) continue;
      if (expiry >= this.#watermark) this.#firstExpiry = Math.min(this.#firstExpiry, expiry);
      else {
        this.#keys.forgetCompleted(key);
        this.#keys.release(key);
      }
    }
  }

  /** A window over several subjects is nobody's own, and stays. */
  erase(subjectKey: string): void {
    if (!this.#perSubject) return;
    for (const key of this.#keys.entries()) {
      if (this.#keys.subjectKey(key) !== subjectKey) continue;
      for (let slot = this.#keys.head(key); slot !== NONE; slot = this.#keys.head(key)) {
        this.#slots.unlink(slot);
        this.#slots.free(slot);
      }
      this.#keys.forgetCompleted(key);
      this.#keys.release(key);
    }
  }

  snapshot(): WindowState {
    const slots = this.#slots.all();
    const keys = slots.map((slot) => this.#slots.key(slot));
    const completed = [...this.#keys.entries()].filter((key) => this.#keys.completed(key) !== -Infinity);
    const byOf = (of: readonly Key[]) => this.#options.by.map((_, b) => of.map((key) => this.#keys.by(key)[b] ?? null));
    return {
      watermark: this.#watermark === -Infinity ? null : this.#watermark,
      start: slots.map((slot) => this.#slots.start(slot)),
      end: slots.map((slot) => this.#slots.end(slot)),
      changed: slots.map((slot) => Number(this.#slots.hasChanged(slot))),
      nextEarly: this.#nextEarly === -Infinity ? null : this.#nextEarly,
      subjectKey: keys.map((key) => this.#keys.subjectKey(key)),
      by: byOf(keys),
      aggregates: this.#aggregates.map((aggregate) => aggregate.snapshot(slots)),
      completedGroups: {
        by: byOf(completed),
        subjectKey: completed.map((key) => this.#keys.subjectKey(key)),
        until: completed.map((key) => this.#keys.completed(key)),
      },
    };
  }

  restore(value: unknown): void {
    const state = readWindowState(value);
    this.#watermark = state.watermark ?? -Infinity;
    this.#nextEarly = state.nextEarly ?? -Infinity;
    const slots = state.start.map((start, i) => {
      const by = this.#options.by.map((_, b) => state.by[b]?.[i] ?? null);
      return this.#open(this.#keyOf(by, state.subjectKey[i] ?? ""), start, state.end?.[i] ?? start + this.delay);
    });
    this.#aggregates.forEach((aggregate, a) => aggregate.restore(slots, state.aggregates[a]));
    slots.forEach((slot, i) => {
      if (state.changed?.[i] === 1 && this.#slots.change(slot)) this.#changed.push(slot);
    });
    for (const { by, subjectKey, until } of completedGroups(state, this.delay)) {
      this.#complete(this.#keyOf(by, subjectKey), until);
    }
  }

  #keyOf(by: readonly (string | number | boolean | null)[], subjectKey: string): Key {
    const text = keyText(by);
    const known = this.#keys.find(text);
    return known < 0 ? this.#keys.add(text, [...by], this.#perSubject ? subjectKey : "") : known;
  }
}

/** of count, which reads none */
const NO_INPUT: Vector = { kind: "number", values: new Float64Array(0) };
