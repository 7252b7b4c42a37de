import type { DeadLetter } from "@o2mc/schema/events/dead-letter.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import type { OutputType } from "@o2mc/schema/pipeline/types.ts";
import { column, concat, rowObject, type Rows } from "../steps/rows.ts";
import type { Count, DeadMessage, Effects, ResultMessage } from "./effects.ts";
import { chunks } from "./chunks.ts";

interface SinkOptions {
  readonly partition: number;
  /** stream sequence of the message that causes all this */
  readonly sequence: number;
  readonly revision: number;
  readonly lane: string;
  /** log time, epoch ms */
  readonly at: number;
  /** of the subject of a result row */
  readonly recheck: (subjectKey: string) => string | undefined;
  readonly count: Count;
}

/** Collects what one message of the log causes, and makes messages of it, with ids that a replay makes again. */
export class Sink {
  readonly #options: SinkOptions;
  readonly #rows = new Map<string, { pipeline: string; output: OutputType; rows: Rows }>();
  readonly #dead: DeadMessage[] = [];

  constructor(options: SinkOptions) {
    this.#options = options;
  }

  emit(pipeline: string, output: OutputType, rows: Rows): void {
    const key = `${pipeline}.${output.name}`;
    const known = this.#rows.get(key);
    this.#rows.set(key, { pipeline, output, rows: known === undefined ? rows : concat(known.rows, rows) });
  }

  dead(pipeline: string, step: string, rows: Rows, row: number, code: string, message: string): void {
    const { at, partition, sequence, count } = this.#options;
    const subjectKey = rows.subjectKey?.[row];
    const letter: DeadLetter = {
      v: 1,
      at,
      stage: "process",
      owner: pipeline,
      step,
      code,
      message,
      ...(subjectKey === undefined ? {} : { subjectKey }),
      row: rowObject(rows, row),
    };
    const messageId = `dead.${pipeline}.${partition}.${sequence}.${this.#dead.length}`;
    this.#dead.push({ pipeline, messageId, letter });
    count(code, 1);
  }

  effects(): Effects {
    return { results: [...this.#rows.values()].flatMap((entry) => this.#messages(entry)), dead: this.#dead };
  }

  #messages({ pipeline, output, rows }: { pipeline: string; output: OutputType; rows: Rows }): ResultMessage[] {
    const { partition, sequence, revision, lane, count } = this.#options;
    const messages: ResultMessage[] = [];
    for (const { index, rows: part } of chunks(rows)) {
      // after the cut, so that a replay which knows of a newer withdrawal still makes the same chunks
      const permitted = this.#permitted(output, part);
      if (permitted.length === 0) continue;
      count("results", permitted.length);
      const pick = <T>(values: readonly T[]): readonly T[] =>
        permitted.length === part.n ? values : permitted.map((i) => values[i] as T);
      const subjectKey = output.perSubject ? part.subjectKey : undefined;
      const columns: Record<string, readonly Scalar[]> = Object.fromEntries(
        output.columns.map(({ name }) => [name, pick(column(part, name))] as const),
      );
      messages.push({
        pipeline,
        output: output.name,
        messageId: `${pipeline}.${output.name}.${partition}.${sequence}${index === 0 ? "" : `.${index}`}`,
        frame: {
          v: 1,
          revision,
          lane,
          n: permitted.length,
          id: pick(part.id),
          ...(subjectKey === undefined ? {} : { subjectKey: pick(subjectKey) }),
          columns,
        },
      });
    }
    return messages;
  }

  /** A session may complete after its subject withdrew: what was collected before goes too. */
  #permitted({ perSubject }: OutputType, rows: Rows): number[] {
    const kept: number[] = [];
    for (let i = 0; i < rows.n; i++) {
      const subjectKey = perSubject ? rows.subjectKey?.[i] : undefined;
      const reason = subjectKey === undefined ? undefined : this.#options.recheck(subjectKey);
      if (reason === undefined) kept.push(i);
      else this.#options.count(`denied.${reason}`, 1);
    }
    return kept;
  }
}
