import type { FieldType } from "@o2mc/schema/consent/policy.ts";
import { cellAt } from "@o2mc/schema/events/columns/column.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import type { WindowOptions } from "@o2mc/schema/pipeline/steps/window.ts";
import type { Batch } from "../../compile/batch.ts";
import { madeBatch, NO_ROWS } from "../../compile/made-batch.ts";
import type { Scope } from "../../compile/scope.ts";
import type { Vector } from "../../compile/vector.ts";
import type { Clock, StatefulStep, StepContext, StepRows } from "../step.ts";
import { ownText } from "../text-pool.ts";
import { completedBytes, createGroup, groupBytes, groupKey, windowRowId, type Group } from "./group.ts";
import { readWindowState, type WindowState } from "./state.ts";

export function planWindow(options: WindowOptions, scope: Scope): void {
  const typeOf = (field: string): FieldType => scope.read(field).type;
  const valued = options.aggregates.flatMap(({ field }) => (field == null ? [] : [field]));
  const outputs = new Map<string, FieldType>([
    ["window.start", "timestamp"],
    ["window.end", "timestamp"],
    ...options.by.map((field) => [field, typeOf(field)] as const),
    ...options.aggregates.map(
      ({ as, kind, field }) => [as, kind === "sum" && field != null ? typeOf(field) : "integer"] as const,
    ),
  ]);
  scope.keep(new Window(options, outputs), [...options.by, ...valued]);
}

/** Tumbling windows aligned to the epoch. A window completes when the watermark reaches its end. */
class Window implements StatefulStep {
  readonly delay: number;
  readonly outputs: ReadonlyMap<string, FieldType>;
  readonly #options: WindowOptions;
  readonly #perSubject: boolean;
  /** window start → group key → group */
  readonly #windows = new Map<number, Map<string, Group>>();
  /** groups that the idle timer completed ahead of the watermark, and of whom: a row that comes for them is late */
  readonly #completed = new Map<number, Map<string, string>>();
  #watermark = -Infinity;
  #open = 0;
  #bytes = 0;

  constructor(options: WindowOptions, outputs: ReadonlyMap<string, FieldType>) {
    this.outputs = outputs;
    this.delay = options.sizeSeconds * 1000;
    this.#options = options;
    this.#perSubject = options.by.includes("$subject");
  }

  get open(): number {
    return this.#open;
  }

  get bytes(): number {
    return this.#bytes;
  }

  run({ batch, rows, inputs }: StepRows, context: StepContext): Batch {
    const { by: names, aggregates } = this.#options;
    const by = inputs.slice(0, names.length);
    let next = names.length;
    const values = aggregates.map(({ field }) => (field == null ? undefined : inputs[next++]));
    for (const row of rows) {
      const start = Math.floor((batch.time[row] as number) / this.delay) * this.delay;
      const group = by.map((column) => ownCell(column, row));
      const key = groupKey(group);
      const late =
        start + this.delay <= (batch.watermark?.[row] ?? this.#watermark) ||
        this.#completed.get(start)?.has(key) === true;
      if (late) {
        context.dead(row, "late", "the window that this event belongs to has completed");
        continue;
      }
      const known = this.#windows.get(start)?.get(key);
      const added = values.map((column) => (column === undefined ? null : ownCell(column, row)));
      const growth = known === undefined ? groupBytes(key, aggregates.length) : growthOf(known, added);
      if (growth > 0 && !context.room(growth)) {
        context.refuse(row);
        continue;
      }
      const subjectKey = this.#perSubject && batch.key !== undefined ? String(cellAt(batch.key, row)) : "";
      const { accumulators } = known ?? this.#begin(start, key, group, subjectKey);
      for (let a = 0; a < added.length; a++) this.#bytes += accumulators[a]?.add(added[a] ?? null) ?? 0;
    }
    return NO_ROWS;
  }

  advance(clock: Clock): Batch {
    this.#watermark = Math.max(this.#watermark, clock.watermark);
    for (const start of this.#completed.keys()) {
      if (start + this.delay <= this.#watermark) this.#forget(start);
    }
    const limit = Math.max(this.#watermark, clock.timer);
    const due = [...this.#windows.keys()].filter((start) => start + this.delay <= limit).sort((a, b) => a - b);
    if (due.length === 0) return NO_ROWS;
    return this.#take(due);
  }

  #begin(start: number, key: string, by: readonly Scalar[], subjectKey: string, states?: readonly unknown[]): Group {
    let groups = this.#windows.get(start);
    if (groups === undefined) this.#windows.set(start, (groups = new Map()));
    const group = createGroup(by, ownText(subjectKey), this.#options.aggregates, states);
    groups.set(key, group);
    this.#open++;
    this.#bytes += bytesOf(key, group);
    return group;
  }

  #take(starts: readonly number[]): Batch {
    const found: { start: number; key: string; group: Group }[] = [];
    for (const start of starts) {
      const groups = this.#windows.get(start) ?? new Map<string, Group>();
      this.#windows.delete(start);
      for (const [key, group] of groups) {
        found.push({ start, key, group });
        this.#bytes -= bytesOf(key, group);
      }
      if (start + this.delay > this.#watermark) this.#complete(start, groups);
    }
    this.#open -= found.length;
    return madeBatch({
      id: found.map(({ key, start }) => windowRowId(key, start)),
      time: found.map(({ start }) => start),
      key: this.#perSubject ? found.map(({ group }) => group.subjectKey) : undefined,
      types: this.outputs,
      columns: [
        found.map(({ start }) => start),
        found.map(({ start }) => start + this.delay),
        ...this.#options.by.map((_, b) => found.map(({ group }) => group.by[b] ?? null)),
        ...this.#options.aggregates.map((_, a) => found.map(({ group }) => group.accumulators[a]?.result() ?? null)),
      ],
    });
  }

  /** A window over several subjects is nobody's own, and stays. */
  erase(subjectKey: string): void {
    if (!this.#perSubject) return;
    for (const [start, groups] of this.#windows) {
      for (const [key, group] of groups) {
        if (group.subjectKey !== subjectKey) continue;
        groups.delete(key);
        this.#open--;
        this.#bytes -= bytesOf(key, group);
      }
      if (groups.size === 0) this.#windows.delete(start);
    }
    for (const groups of this.#completed.values()) {
      for (const [key, of] of groups) {
        if (of !== subjectKey) continue;
        groups.delete(key);
        this.#bytes -= completedBytes(key);
      }
    }
  }

  #complete(start: number, groups: ReadonlyMap<string, Pick<Group, "subjectKey">>): void {
    const known = this.#completed.get(start) ?? new Map<string, string>();
    for (const [key, { subjectKey }] of groups) {
      if (!known.has(key)) this.#bytes += completedBytes(key);
      known.set(key, subjectKey);
    }
    this.#completed.set(start, known);
  }

  #forget(start: number): void {
    for (const key of this.#completed.get(start)?.keys() ?? []) this.#bytes -= completedBytes(key);
    this.#completed.delete(start);
  }

  snapshot(): WindowState {
    const all = [...this.#windows].flatMap(([start, groups]) =>
      [...groups.values()].map((group) => ({ start, group })),
    );
    return {
      watermark: this.#watermark === -Infinity ? null : this.#watermark,
      start: all.map(({ start }) => start),
      subjectKey: all.map(({ group }) => group.subjectKey),
      by: this.#options.by.map((_, b) => all.map(({ group }) => group.by[b] ?? null)),
      aggregates: this.#options.aggregates.map((_, a) => all.map(({ group }) => group.accumulators[a]?.snapshot())),
      completed: [...this.#completed].map(([start, groups]) => [start, [...groups.keys()], [...groups.values()]]),
    };
  }

  restore(value: unknown): void {
    const state = readWindowState(value);
    this.#watermark = state.watermark ?? -Infinity;
    state.start.forEach((start, i) => {
      const by = this.#options.by.map((_, b) => state.by[b]?.[i] ?? null);
      const states = this.#options.aggregates.map((_, a) => state.aggregates[a]?.[i]);
      const subjectKey = this.#perSubject ? (state.subjectKey[i] ?? "") : "";
      this.#begin(start, groupKey(by), by, subjectKey, states);
    });
    for (const [start, keys, of = []] of state.completed) {
      this.#complete(start, new Map(keys.map((key, i) => [key, { subjectKey: of[i] ?? "" }])));
    }
  }
}

const growthOf = ({ accumulators }: Group, values: readonly Scalar[]): number =>
  accumulators.reduce((sum, accumulator, a) => sum + accumulator.growth(values[a] ?? null), 0);

const bytesOf = (key: string, { accumulators }: Group): number =>
  accumulators.reduce((sum, { bytes }) => sum + bytes, groupBytes(key, accumulators.length));

/** For state, which outlives the frame. */
function ownCell(column: Vector, row: number): Scalar {
  const value = cellAt(column, row);
  return typeof value === "string" ? ownText(value) : value;
}
