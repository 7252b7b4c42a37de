import type { FieldType } from "@o2mc/schema/consent/policy.ts";
import { cellAt } from "@o2mc/schema/events/columns/column.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import { MAX_PARTIAL_MATCHES, sequenceColumns, type SequenceOptions } from "@o2mc/schema/pipeline/steps/sequence.ts";
import { olderPolicy, type Batch } from "../../compile/batch.ts";
import type { Scope } from "../../compile/scope.ts";
import type { Vector } from "../../compile/vector.ts";
import { Completed } from "../completed.ts";
import type { Clock, StatefulStep, StepContext, StepRows } from "../step.ts";
import { keyOf, subjectPart } from "../subject-key.ts";
import { ownText, TextPool } from "../text-pool.ts";
import { Agenda, type Key, type Match, type Waiting } from "./agenda.ts";
import { MatchRows } from "./match-rows.ts";
import { patternOf, type Pattern } from "./pattern.ts";
import { columnsOf, readSequenceState, type SequenceState } from "./state.ts";

export function planSequence(options: SequenceOptions, scope: Scope): void {
  const outputs = new Map(sequenceColumns(options, (field) => scope.read(field).type));
  const conditions = options.pattern.map(({ where }) => scope.expression(where, "boolean"));
  const fields = options.columns.flatMap(({ field }) => (field === undefined ? [] : [field]));
  scope.keep(new Sequence(options, outputs), [...conditions, ...[...options.by, ...fields].map((f) => scope.read(f))]);
}

const KEY_BYTES = 200;
const EVENT_BYTES = 150;
const MATCH_BYTES = 170;
/** of a key whose events the idle timer has completed */
const COMPLETED_BYTES = 100;

/**
 * Events wait until the watermark has passed them and are then taken in the order of their time, so that disorder
 * changes nothing. Those that no element of the pattern asks for are not kept at all.
 */
class Sequence implements StatefulStep {
  /** what is complete at a time is complete when the watermark passes it */
  readonly delay = 0;
  readonly outputs: ReadonlyMap<string, FieldType>;
  readonly #options: SequenceOptions;
  readonly #within: number;
  readonly #pattern: Pattern;
  readonly #keys = new Map<string, Key>();
  readonly #agenda = new Agenda();
  readonly #completed = new Completed(0);
  readonly #texts = new TextPool();
  #watermark = -Infinity;
  #number = 0;
  #events = 0;
  #matches = 0;
  #bytes = 0;

  constructor(options: SequenceOptions, outputs: ReadonlyMap<string, FieldType>) {
    this.outputs = outputs;
    this.#options = options;
    this.#within = options.withinSeconds * 1000;
    this.#pattern = patternOf(options);
  }

  get open(): number {
    return this.#events + this.#matches;
  }

  get bytes(): number {
    return this.#bytes + COMPLETED_BYTES * this.#completed.size;
  }

  run({ batch, rows, inputs }: StepRows, context: StepContext): Batch {
    const out = new MatchRows();
    const conditions = inputs.slice(0, this.#options.pattern.length);
    const by = inputs.slice(conditions.length, conditions.length + this.#options.by.length);
    const fields = inputs.slice(conditions.length + by.length);
    for (const row of rows) {
      // by each row's own watermark, so that frame boundaries make no difference
      const watermark = batch.watermark?.[row];
      if (watermark !== undefined) this.#complete({ watermark, timer: -Infinity }, out);
      let mask = 0;
      for (let i = 0; i < conditions.length; i++) if ((conditions[i] as Vector).values[row] === 1) mask |= 1 << i;
      if (mask === 0) continue;
      const cells = by.map((column) => cellAt(column, row));
      if (cells.includes(null)) continue;
      const subjectKey = batch.key === undefined ? "" : String(cellAt(batch.key, row));
      const text = keyOf(subjectKey, cells);
      const time = batch.time[row] as number;
      if (time < this.#watermark || this.#completed.covers(text, time)) {
        context.late(row, "what comes after this event has been matched already");
        continue;
      }
      const begins = this.#mayBegin(text, mask, () => context.refuse(row, "partial-matches"));
      if (!context.room(KEY_BYTES + 2 * text.length + EVENT_BYTES + MATCH_BYTES)) {
        context.refuse(row);
        continue;
      }
      const key = this.#keys.get(text) ?? this.#addKey(text, subjectKey, cells);
      const kept = this.#kept(fields, row);
      const policy = batch.policy?.[row] ?? 0;
      this.#wait({
        at: time,
        number: this.#number++,
        key,
        id: ownText(batch.id(row)),
        mask,
        begins,
        policy,
        cells: kept,
      });
    }
    return out.batch(this.outputs);
  }

  advance(clock: Clock): Batch {
    const out = new MatchRows();
    this.#complete(clock, out);
    return out.batch(this.outputs);
  }

  erase(subjectKey: string): void {
    const entries = this.#agenda.entries().filter(({ key }) => key.subjectKey === subjectKey);
    for (const entry of entries) {
      this.#agenda.drop(entry);
      if (entry.kind === "event") this.#leave(entry);
      else this.#forget(entry);
    }
    const own = subjectPart(subjectKey);
    for (const [text] of this.#completed.entries()) if (text.startsWith(own)) this.#completed.erase(text);
  }

  #mayBegin(text: string, mask: number, refuse: () => void): boolean {
    if ((mask & 1) === 0) return false;
    const key = this.#keys.get(text);
    if (key === undefined || key.matches.length + key.beginning < MAX_PARTIAL_MATCHES) return true;
    refuse();
    return false;
  }

  #kept(fields: readonly Vector[], row: number): readonly Scalar[] {
    let next = 0;
    return this.#options.columns.map(({ field }) => {
      const value = field === undefined ? null : cellAt(fields[next++] as Vector, row);
      return typeof value === "string" ? this.#texts.own(value) : value;
    });
  }

  #complete({ watermark, timer }: Clock, out: MatchRows): void {
    if (watermark > this.#watermark) {
      this.#watermark = watermark;
      this.#completed.expire(watermark);
    }
    const until = Math.max(this.#watermark, timer);
    for (let entry = this.#agenda.take(until); entry !== undefined; entry = this.#agenda.take(until)) {
      if (entry.at >= this.#watermark) this.#completed.add(entry.key.text, entry.at);
      if (entry.kind === "event") {
        this.#take(entry, out);
        this.#leave(entry);
      } else {
        if (this.#pattern.waits && entry.element === this.#pattern.taken.length - 1) this.#emit(entry, entry.at, out);
        this.#forget(entry);
      }
    }
  }

  /** Hands an event to the matches of its key, and lets it begin one. */
  #take(event: Waiting, out: MatchRows): void {
    for (const match of event.key.matches) {
      const done = this.#step(match, event);
      if (done === undefined) continue;
      if (done) this.#emit(match, event.at, out);
      this.#end(match);
      if (done && this.#options.matches === "non-overlapping") return;
    }
    if (!event.begins) return;
    const { at, number, key, id } = event;
    const cells = this.#options.columns.map(({ keep }) => (keep === "count" ? 0 : null));
    const match: Match = {
      kind: "match",
      at: at + this.#within,
      number,
      key,
      id,
      start: at,
      end: at,
      element: 0,
      policy: 0,
      cells,
      dropped: false,
    };
    this.#join(match, event);
    if (this.#pattern.taken.length === 1 && !this.#pattern.waits) this.#emit(match, at, out);
    else this.#begin(match);
  }

  /** True = the match is complete, false = it can't be any more. */
  #step(match: Match, event: Waiting): boolean | undefined {
    const { taken, waits } = this.#pattern;
    const here = taken[match.element] as Pattern["taken"][number];
    const next = taken[match.element + 1];
    if ((event.mask & here.without) !== 0) return false;
    if (next !== undefined && (event.mask & next.bit) !== 0) {
      match.element++;
      this.#join(match, event);
      return match.element === taken.length - 1 && !waits ? true : undefined;
    }
    if (here.repeat && (event.mask & here.bit) !== 0) this.#join(match, event);
    return undefined;
  }

  #join(match: Match, { at, policy, cells }: Waiting): void {
    match.end = at;
    match.policy = olderPolicy(match.policy, policy);
    for (const { index, keep } of (this.#pattern.taken[match.element] as Pattern["taken"][number]).columns) {
      const old = match.cells[index] ?? null;
      const value = cells[index] ?? null;
      if (keep === "count") match.cells[index] = Number(old) + 1;
      else if (value !== null && (keep === "last" || old === null)) {
        match.cells[index] = value;
        // one that is not among the begun ones yet is counted when it is
        if (match.key.matches.includes(match)) this.#bytes += textBytes([value]) - textBytes([old]);
      }
    }
  }

  /** `time` is when it was complete. */
  #emit(match: Match, time: number, out: MatchRows): void {
    out.add(match, time);
    if (this.#options.matches === "all") return;
    for (const other of match.key.matches) if (other !== match) this.#end(other);
  }

  #addKey(text: string, subjectKey: string, by: readonly Scalar[]): Key {
    const key: Key = {
      text: ownText(text),
      subjectKey: ownText(subjectKey),
      by: by.map((cell) => (typeof cell === "string" ? ownText(cell) : cell)),
      matches: [],
      waiting: 0,
      beginning: 0,
    };
    this.#keys.set(key.text, key);
    this.#bytes += keyBytes(key);
    return key;
  }

  #wait(event: Omit<Waiting, "kind" | "dropped">): void {
    event.key.waiting++;
    if (event.begins) event.key.beginning++;
    this.#events++;
    this.#bytes += eventBytes(event);
    this.#agenda.add({ kind: "event", dropped: false, ...event });
  }

  #leave(event: Waiting): void {
    event.key.waiting--;
    if (event.begins) event.key.beginning--;
    this.#events--;
    this.#bytes -= eventBytes(event);
    this.#tidy(event.key);
  }

  #begin(match: Match): void {
    match.key.matches.push(match);
    this.#matches++;
    this.#bytes += matchBytes(match);
    this.#agenda.add(match);
  }

  /** Of one that the agenda still has. The list of its key becomes another one, so that a loop over it goes on. */
  #end(match: Match): void {
    this.#agenda.drop(match);
    this.#forget(match);
  }

  #forget(match: Match): void {
    match.key.matches = match.key.matches.filter((other) => other !== match);
    this.#matches--;
    this.#bytes -= matchBytes(match);
    this.#tidy(match.key);
  }

  #tidy(key: Key): void {
    if (key.waiting > 0 || key.matches.length > 0) return;
    if (this.#keys.delete(key.text)) this.#bytes -= keyBytes(key);
  }

  snapshot(): SequenceState {
    const keys = [...this.#keys.values()];
    const events = this.#agenda.entries().filter((entry): entry is Waiting => entry.kind === "event");
    const completed = [...this.#completed.entries()];
    return {
      watermark: this.#watermark === -Infinity ? null : this.#watermark,
      number: this.#number,
      ...columnsOf(keys, events),
      completedKey: completed.map(([key]) => key),
      completedEnd: completed.map(([, end]) => end),
    };
  }

  restore(value: unknown): void {
    const { watermark, number, keys, events, matches, completedKey, completedEnd } = readSequenceState(value);
    this.#watermark = watermark ?? -Infinity;
    this.#number = number;
    const all = keys.text.map((text, i) => this.#addKey(text, keys.subjectKey[i] ?? "", keys.by[i] ?? []));
    events.at.forEach((at, i) =>
      this.#wait({
        at,
        number: events.number[i] ?? 0,
        key: all[events.key[i] ?? 0] as Key,
        id: events.id[i] ?? "",
        mask: events.mask[i] ?? 0,
        begins: events.begins[i] ?? false,
        policy: events.policy[i] ?? 0,
        cells: events.cells[i] ?? [],
      }),
    );
    matches.at.forEach((at, i) =>
      this.#begin({
        kind: "match",
        at,
        number: matches.number[i] ?? 0,
        key: all[matches.key[i] ?? 0] as Key,
        id: matches.id[i] ?? "",
        start: matches.start[i] ?? 0,
        end: matches.end[i] ?? 0,
        element: matches.element[i] ?? 0,
        policy: matches.policy[i] ?? 0,
        cells: matches.cells[i] ?? [],
        dropped: false,
      }),
    );
    completedKey.forEach((key, i) => this.#completed.add(key, completedEnd[i] ?? 0));
  }
}

const textBytes = (cells: readonly Scalar[]): number =>
  cells.reduce<number>((sum, cell) => sum + 8 + (typeof cell === "string" ? 2 * cell.length : 0), 0);

const keyBytes = ({ text, by }: Key): number => KEY_BYTES + 2 * text.length + textBytes(by);
const eventBytes = ({ id, cells }: Pick<Waiting, "id" | "cells">): number =>
  EVENT_BYTES + 2 * id.length + textBytes(cells);
const matchBytes = ({ cells }: Match): number => MATCH_BYTES + textBytes(cells);
