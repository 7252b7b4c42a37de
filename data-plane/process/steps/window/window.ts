import type { Scalar } from "@o2mc/schema/events/frame.ts";
import type { FieldType } from "@o2mc/schema/consent/policy.ts";
import type { WindowOptions } from "@o2mc/schema/pipeline/steps/window.ts";
import { column, NO_ROWS, type Rows } from "../rows.ts";
import type { BuildContext, Clock, StatefulStep, StepContext } from "../step.ts";
import { createGroup, groupKey, windowRowId, type Group } from "./group.ts";
import { readWindowState, type WindowState } from "./state.ts";

export function buildWindow(options: WindowOptions, { types }: BuildContext): StatefulStep {
  const typeOf = (field: string | undefined): FieldType => types.get(field ?? "") ?? "number";
  const by = options.by.map((field) => [field, typeOf(field)] as const);
  const aggregates = options.aggregates.map(
    ({ as, kind, field }) => [as, kind === "sum" ? typeOf(field) : "integer"] as const,
  );
  types.clear();
  types.set("window.start", "timestamp").set("window.end", "timestamp");
  for (const [name, type] of [...by, ...aggregates]) types.set(name, type);
  return new Window(options);
}

/** Tumbling windows aligned to the epoch. A window completes when the watermark reaches its end. */
class Window implements StatefulStep {
  readonly verb = "window";
  readonly delay: number;
  readonly #options: WindowOptions;
  readonly #perSubject: boolean;
  /** window start → group key → group */
  readonly #windows = new Map<number, Map<string, Group>>();
  /** groups that the idle timer completed ahead of the watermark: a row that comes for them is late */
  readonly #completed = new Map<number, Set<string>>();
  #watermark = -Infinity;
  #open = 0;

  constructor(options: WindowOptions) {
    this.delay = options.sizeSeconds * 1000;
    this.#options = options;
    this.#perSubject = options.by.includes("$subject");
  }

  get open(): number {
    return this.#open;
  }

  run(rows: Rows, context: StepContext): Rows {
    const by = this.#options.by.map((field) => column(rows, field));
    const values = this.#options.aggregates.map(({ field }) => (field == null ? undefined : column(rows, field)));
    for (let i = 0; i < rows.n; i++) {
      const start = Math.floor((rows.time[i] as number) / this.delay) * this.delay;
      const key = groupKey(by.map((column) => column[i] ?? null));
      const late =
        start + this.delay <= (rows.watermark?.[i] ?? this.#watermark) || this.#completed.get(start)?.has(key) === true;
      if (late) {
        context.dead(rows, i, "late", "the window that this event belongs to has completed");
        continue;
      }
      const group = this.#group(start, key, () => by.map((column) => column[i] ?? null), rows.subjectKey?.[i] ?? "");
      for (let a = 0; a < values.length; a++) group.accumulators[a]?.add(values[a]?.[i] ?? null);
    }
    return NO_ROWS;
  }

  advance(clock: Clock): Rows {
    this.#watermark = Math.max(this.#watermark, clock.watermark);
    for (const start of this.#completed.keys()) {
      if (start + this.delay <= this.#watermark) this.#completed.delete(start);
    }
    const limit = Math.max(this.#watermark, clock.timer);
    const due = [...this.#windows.keys()].filter((start) => start + this.delay <= limit).sort((a, b) => a - b);
    if (due.length === 0) return NO_ROWS;
    return this.#take(due);
  }

  #group(start: number, key: string, by: () => readonly Scalar[], subjectKey: string): Group {
    let groups = this.#windows.get(start);
    if (groups === undefined) this.#windows.set(start, (groups = new Map()));
    let group = groups.get(key);
    if (group === undefined) {
      group = createGroup(by(), subjectKey, this.#options.aggregates);
      groups.set(key, group);
      this.#open++;
    }
    return group;
  }

  #take(starts: readonly number[]): Rows {
    const found: { start: number; key: string; group: Group }[] = [];
    for (const start of starts) {
      const groups = this.#windows.get(start) ?? new Map<string, Group>();
      this.#windows.delete(start);
      for (const [key, group] of groups) found.push({ start, key, group });
      if (start + this.delay > this.#watermark) this.#complete(start, groups.keys());
    }
    this.#open -= found.length;
    const columns = new Map<string, readonly Scalar[]>([
      ["window.start", found.map(({ start }) => start)],
      ["window.end", found.map(({ start }) => start + this.delay)],
    ]);
    this.#options.by.forEach((name, b) =>
      columns.set(
        name,
        found.map(({ group }) => group.by[b] ?? null),
      ),
    );
    this.#options.aggregates.forEach(({ as }, a) =>
      columns.set(
        as,
        found.map(({ group }) => group.accumulators[a]?.result() ?? null),
      ),
    );
    return {
      n: found.length,
      id: found.map(({ key, start }) => windowRowId(key, start)),
      time: found.map(({ start }) => start),
      subjectKey: this.#perSubject ? found.map(({ group }) => group.subjectKey) : undefined,
      watermark: undefined,
      columns,
    };
  }

  #complete(start: number, keys: Iterable<string>): void {
    const known = this.#completed.get(start) ?? new Set();
    for (const key of keys) known.add(key);
    this.#completed.set(start, known);
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
      completed: [...this.#completed].map(([start, keys]) => [start, [...keys]]),
    };
  }

  restore(value: unknown): void {
    const state = readWindowState(value);
    this.#watermark = state.watermark ?? -Infinity;
    state.start.forEach((start, i) => {
      const by = this.#options.by.map((_, b) => state.by[b]?.[i] ?? null);
      const states = this.#options.aggregates.map((_, a) => state.aggregates[a]?.[i]);
      const groups = this.#windows.get(start) ?? new Map<string, Group>();
      groups.set(groupKey(by), createGroup(by, state.subjectKey[i] ?? "", this.#options.aggregates, states));
      this.#windows.set(start, groups);
      this.#open++;
    });
    for (const [start, keys] of state.completed) this.#completed.set(start, new Set(keys));
  }
}
