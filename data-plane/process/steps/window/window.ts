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
import { groupCodes, groupOf, keyText, ownGroup } from "./key-text.ts";
import { Keys, type Key } from "./keys.ts";
import { PairList } from "./pair-list.ts";
import { SlotMemo } from "./slot-memo.ts";
import { NONE, Slots, type Slot } from "./slots.ts";
import { completedGroups, readWindowState, type WindowState } from "./state.ts";
import { Targets } from "./targets.ts";
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
  const nodes = [...options.by, ...valued].map((field) => scope.read(field));
  scope.keep(new Window(options, outputs), nodes, late);
}

const COMPLETED_BYTES = 80;

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
  readonly #targets: Targets;
  readonly #memo: SlotMemo | undefined;

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
    this.#targets = new Targets({
      keys: this.#keys,
      slots,
      windowing: this.#windowing,
      gap: this.#gap,
      lateness: this.#lateness,
    });
    this.#memo = this.#windowing === undefined ? undefined : new SlotMemo(this.#windowing, this.#lateness);
    this.#windows = { options, types: outputs, keys: this.#keys, slots, aggregates: this.#aggregates };
  }

  get open(): number {
    return this.#slots.open;
  }

  get bytes(): number {
    let bytes = this.#slots.bytes;
    for (const { aggregate } of this.#growing) bytes += aggregate.bytes;
    return bytes + COMPLETED_BYTES * this.#keys.completedKeys + 2 * this.#keys.completedCharacters;
  }

  run({ batch, rows, inputs }: StepRows, context: StepContext): Batch {
    const early = new WindowRows(this.#windows);
    const by = inputs.slice(0, this.#options.by.length);
    let next = by.length;
    const values = this.#options.aggregates.map(({ field }) =>
      field === undefined ? NO_INPUT : (inputs[next++] as Vector),
    );
    const { time: times, watermark: watermarks } = batch;
    const found = groupCodes(by, rows, batch.n);
    const memo = found !== undefined && this.#memo?.begin(found.size) === true ? this.#memo : undefined;
    const codes = found?.codes ?? NO_CODES;
    const flat = this.#growing.length === 0 && this.#early === Infinity;
    for (let r = 0; r < rows.length; r++) {
      const row = rows[r] as number;
      const time = times[row] as number;
      const watermark = watermarks === undefined ? this.#watermark : (watermarks[row] as number);
      if (watermark >= this.#nextEarly && this.#early !== Infinity) {
        this.#addPairs(values, batch);
        this.#watermark = watermark;
        this.#fire(watermark, early);
        memo?.forget();
      }
      const code = codes[row] as number;
      const place = memo === undefined ? -1 : memo.find(code, time, watermark);
      if (memo !== undefined && place >= 0) {
        if (flat) this.#pairs.addEach(memo.slots, place, memo.overlap, row);
        else if (this.#hasRoom(row, time, memo.slots, place, memo.overlap, values, 0, context)) {
          for (let t = 0; t < memo.overlap; t++) this.#put(memo.slots[place + t] as Slot, row, time, values);
        }
        continue;
      }
      if (this.#windowing?.moveTo(time) === false) {
        context.dead(row, "invalid-time", "the time of this event is in no calendar");
        continue;
      }
      if (this.#begin(row, time, watermark, batch, by, values, context)) memo?.keep(code, time, this.#targets);
    }
    this.#addPairs(values, batch);
    return early.batch();
  }

  /** Looks up the windows of a row, opens those that there are not, and puts the row into them; false when it is out of the line. */
  #begin(
    row: number,
    time: number,
    watermark: number,
    batch: Batch,
    by: readonly Vector[],
    values: readonly Vector[],
    context: StepContext,
  ): boolean {
    const targets = this.#targets;
    const group = groupOf(by, row);
    const text = keyText(group);
    let key = this.#keys.find(text);
    if (!targets.find(key, time, watermark)) {
      context.late(row, "the window that this event belongs to has completed");
      return false;
    }
    if (!this.#hasRoom(row, time, targets.slots, 0, targets.n, values, this.#slots.cost(text), context)) return false;
    if (key < 0) {
      const subjectKey = this.#perSubject && batch.key !== undefined ? String(cellAt(batch.key, row)) : "";
      key = this.#keys.add(text, ownGroup(group), ownText(subjectKey));
    }
    for (let t = 0; t < targets.n; t++) {
      let slot = targets.slots[t] as Slot;
      if (slot === NONE) {
        slot = this.#open(key, targets.starts[t] as number, targets.ends[t] as number);
        targets.slots[t] = slot;
      }
      if (this.#windowing === undefined) {
        this.#slots.cover(slot, time);
        // rows of this batch are to be in what is merged
        if (targets.merged !== NONE) this.#addPairs(values, batch);
        if (targets.merged !== NONE) this.#slots.merge(slot, targets.merged);
      }
      this.#put(slot, row, time, values);
    }
    return true;
  }

  /** False when the row was refused: what it would add to the slots, `cost` for each that is none yet, has no room. */
  #hasRoom(
    row: number,
    time: number,
    slots: Int32Array,
    from: number,
    n: number,
    values: readonly Vector[],
    cost: number,
    context: StepContext,
  ): boolean {
    let growth = 0;
    for (let t = from; t < from + n; t++) {
      const slot = slots[t] as Slot;
      if (slot === NONE) growth += cost;
      for (const { aggregate, index } of this.#growing) {
        growth += aggregate.growth(slot, values[index] as Vector, row, time);
      }
    }
    if (growth <= 0 || context.room(growth)) return true;
    context.refuse(row);
    return false;
  }

  #put(slot: Slot, row: number, time: number, values: readonly Vector[]): void {
    this.#pairs.add(slot, row);
    for (const { aggregate, index } of this.#growing) aggregate.add(slot, values[index] as Vector, row, time);
    if (this.#early !== Infinity && this.#slots.change(slot)) this.#changed.push(slot);
  }

  #open(key: Key, start: number, end: number): Slot {
    const slot = this.#slots.add(key, start, end);
    this.#deadlines.add(slot);
    return slot;
  }

  #addPairs(values: readonly Vector[], { time: times, policy }: Batch): void {
    if (this.#pairs.n === 0) return;
    if (policy !== undefined && this.#perSubject) this.#slots.admit(this.#pairs, policy);
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
      policy: slots.map((slot) => this.#slots.policy(slot)),
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
      this.#slots.setPolicy(slot, state.policy[i] ?? 0);
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

const NO_CODES = new Uint32Array(0);
/** of count, which reads none */
const NO_INPUT: Vector = { kind: "number", values: new Float64Array(0) };
