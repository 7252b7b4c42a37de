import { cellAt, type NumberColumn, type TextColumn } from "@o2mc/schema/events/columns/column.ts";
import type { DeadLetter } from "@o2mc/schema/events/dead-letter.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import { placeId } from "@o2mc/schema/pipeline/place.ts";
import { partitionOf } from "@o2mc/schema/events/partition.ts";
import { encodeResultFrame } from "@o2mc/schema/events/result-frame.ts";
import type { OutputType } from "@o2mc/schema/pipeline/types.ts";
import type { Batch } from "../compile/batch.ts";
import type { StepPlace } from "../compile/scope.ts";
import { vectorOf, type Selection, type Vector } from "../compile/vector.ts";
import { MAX_MESSAGE_BYTES, type Count, type DeadMessage, type Effects, type ResultMessage } from "./effects.ts";
import { gather } from "./gather.ts";
import type { Limit } from "../steps/step.ts";

const MAX_ROWS = 1000;
const MAX_PARTS = 2 ** 20;
/** rows with more text than that are not even encoded together */
const MAX_CHARACTERS = 8 * MAX_MESSAGE_BYTES;
/** what a dead letter shows of a row that is too large */
const SHORT_TEXT = 256;

interface SinkOptions {
  readonly partition: number;
  /** stream sequence of the message that causes all this */
  readonly sequence: number;
  readonly revision: number;
  readonly lane: string;
  /** log time, epoch ms */
  readonly at: number;
  /** of the subject of a result row */
  readonly recheck: (subjectKey: string, policy: number) => string | undefined;
  readonly count: Count;
}

/** Rows for one output. */
export interface Emitted {
  readonly pipeline: string;
  readonly output: OutputType;
  readonly at: StepPlace;
  readonly batch: Batch;
  readonly rows: Selection;
  /** the output's columns, in its order */
  readonly columns: readonly Vector[];
  /** What made it: empty for the message's own rows, else which step's clock. One output gets rows of each at most once. */
  readonly cause: string;
}

/** Collects what one message of the log causes, and makes messages of it, with ids that a replay makes again. */
export class Sink {
  readonly #options: SinkOptions;
  readonly #results: ResultMessage[] = [];
  readonly #dead: DeadMessage[] = [];

  constructor(options: SinkOptions) {
    this.#options = options;
  }

  /**
   * Cuts rows into messages of about a thousand. A row's part follows from its id, not from its place: rows that a
   * replay no longer makes (a withdrawal since) then don't shift their neighbours into another message.
   */
  emit(emitted: Emitted): void {
    const { rows } = emitted;
    let parts = 1;
    while (rows.length > parts * MAX_ROWS) parts *= 2;
    if (parts === 1) this.#message(emitted, rows, 1, 0);
    else shareOut(emitted.batch, rows, parts).forEach((own, part) => this.#some(emitted, own, parts, part));
  }

  #part(emitted: Emitted, rows: Selection, parts: number, part: number): void {
    const own = rows.filter((row) => partitionOf(emitted.batch.id(row), parts) === part);
    this.#some(emitted, own, parts, part);
  }

  #some(emitted: Emitted, own: Selection, parts: number, part: number): void {
    if (own.length > 0) this.#message(emitted, own, parts, part);
  }

  #message(emitted: Emitted, rows: Selection, parts: number, part: number): void {
    const { partition, sequence, revision, lane, count } = this.#options;
    const { pipeline, output, batch, cause } = emitted;
    // after the cut, so that a replay which knows of a newer withdrawal still makes the same parts
    const permitted = this.#permitted(emitted, rows);
    if (permitted.length === 0) return;
    if (permitted.length > 1 && parts < MAX_PARTS && charactersOf(emitted, permitted) > MAX_CHARACTERS) {
      this.#halves(emitted, rows, parts, part);
      return;
    }
    const data = encodeResultFrame(
      { revision, lane },
      permitted.length,
      { kind: "text", codes: undefined, values: idsOf(batch, permitted) },
      output.perSubject ? subjectColumns(batch, permitted) : {},
      output.columns.map(({ name }, c) => [name, gather(emitted.columns[c] as Vector, permitted)]),
    );
    if (data.length > MAX_MESSAGE_BYTES) {
      // the hub would refuse such a message for ever
      if (permitted.length > 1 && parts < MAX_PARTS) this.#halves(emitted, rows, parts, part);
      else for (const row of permitted) this.#tooLarge(emitted, row);
      return;
    }
    count("results", permitted.length);
    const id = [pipeline, output.name, partition, sequence];
    if (cause !== "") id.push(cause);
    if (parts > 1) id.push(parts, part);
    this.#results.push({ pipeline, output: output.name, messageId: id.join("."), data });
  }

  #halves(emitted: Emitted, rows: Selection, parts: number, part: number): void {
    this.#part(emitted, rows, parts * 2, part);
    this.#part(emitted, rows, parts * 2, part + parts);
  }

  #tooLarge({ pipeline, output, at, batch, columns }: Emitted, row: number): void {
    const cells = output.columns.map(({ name }, c) => [name, cellAt(columns[c] as Vector, row)] as const);
    const message = `a result of more than ${MAX_MESSAGE_BYTES} bytes`;
    this.dead(pipeline, at, ofSubject(batch, row), Object.fromEntries(cells), "too-large", message);
  }

  /** A session may complete after its subject withdrew: what was collected before goes too. A frame's own rows were asked for just now. */
  #permitted({ output, batch }: Emitted, rows: Selection): Selection {
    const { key, policy } = batch;
    if (!output.perSubject || key === undefined || batch.watermark !== undefined) return rows;
    return rows.filter((row) => {
      const reason = this.#options.recheck(String(cellAt(key, row)), policy?.[row] ?? 0);
      if (reason !== undefined) this.#options.count(`denied.${reason}`, 1);
      return reason === undefined;
    });
  }

  /** Counts late rows that an output of their own takes; those of dead letters are counted there. */
  late(rows: number): void {
    this.#options.count("late", rows);
  }

  /** Counts rows that found no room in the state. */
  refused(limit: Limit, rows: number): void {
    this.#options.count(`refused.${limit}`, rows);
  }

  dead(
    pipeline: string,
    at: StepPlace,
    subject: OfSubject,
    row: Record<string, Scalar>,
    code: string,
    message: string,
  ): void {
    const { partition, sequence, lane, count } = this.#options;
    const letter: DeadLetter = {
      v: 1,
      at: this.#options.at,
      stage: "process",
      owner: pipeline,
      step: `${placeId(at.place)}.${at.verb}`,
      code,
      message,
      ...subject,
      lane,
      row: code === "too-large" ? shortened(row) : row,
    };
    const messageId = `dead.${pipeline}.${partition}.${sequence}.${this.#dead.length}`;
    this.#dead.push({ pipeline, messageId, letter });
    count(code, 1);
    if (code === "late") at.counters.late++;
    // all that are refused are counted, and one is shown
    else if (code !== "state-quota") at.counters.failed++;
  }

  effects(): Effects {
    return { results: this.#results, dead: this.#dead };
  }
}

/** The rows of each part, in their order. */
function shareOut({ id }: Batch, rows: Selection, parts: number): readonly Selection[] {
  const shares = Array.from({ length: parts }, (): number[] => []);
  for (const row of rows) shares[partitionOf(id(row), parts)]?.push(row);
  return shares.map((share) => Uint32Array.from(share));
}

type OfSubject = Pick<DeadLetter, "subjectKey" | "policy">;

/** Whose a row is, and what its consent was given under. */
export function ofSubject({ key, policy }: Batch, row: number): OfSubject {
  if (key === undefined) return {};
  const version = policy?.[row] ?? 0;
  return { subjectKey: String(cellAt(key, row)), ...(version === 0 ? {} : { policy: version }) };
}

function subjectColumns({ key, policy, n }: Batch, rows: Selection): Parameters<typeof encodeResultFrame>[3] {
  if (key === undefined) return {};
  const subjectKey = gather(vectorOf(key, n), rows) as TextColumn;
  if (policy === undefined) return { subjectKey };
  return { subjectKey, policy: gather({ kind: "number", values: policy }, rows) as NumberColumn };
}

function charactersOf({ columns }: Emitted, rows: Selection): number {
  let characters = 0;
  for (const column of columns) {
    if (column.kind !== "text") continue;
    for (const row of rows) characters += column.values[column.codes[row] as number]?.length ?? 0;
  }
  return characters;
}

function shortened(row: Readonly<Record<string, Scalar>>): Record<string, Scalar> {
  const short = (cell: Scalar): Scalar => (typeof cell === "string" ? cell.slice(0, SHORT_TEXT) : cell);
  return Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, short(cell)]));
}

function idsOf({ id }: Batch, rows: Selection): string[] {
  const ids = new Array<string>(rows.length);
  for (let i = 0; i < rows.length; i++) ids[i] = id(rows[i] as number);
  return ids;
}
