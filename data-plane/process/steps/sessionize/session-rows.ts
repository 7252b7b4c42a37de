import type { Scalar } from "@o2mc/schema/events/frame.ts";
import type { Rows } from "../rows.ts";
import type { Session } from "./session.ts";

/** Collects completed sessions as columns. */
export class SessionRows {
  readonly #id: string[] = [];
  readonly #subjectKey: string[] = [];
  readonly #start: number[] = [];
  readonly #end: number[] = [];
  readonly #events: number[] = [];
  readonly #names: readonly string[];
  readonly #values: Scalar[][];

  constructor(names: readonly string[]) {
    this.#names = names;
    this.#values = names.map(() => []);
  }

  add(session: Session): void {
    this.#id.push(`${session.subjectKey}-${session.start.toString(36)}`);
    this.#subjectKey.push(session.subjectKey);
    this.#start.push(session.start);
    this.#end.push(session.end);
    this.#events.push(session.events);
    this.#values.forEach((values, s) => values.push(session.values[s] ?? null));
  }

  rows(): Rows {
    return {
      n: this.#id.length,
      id: this.#id,
      time: this.#end,
      subjectKey: this.#subjectKey,
      watermark: undefined,
      columns: new Map<string, readonly Scalar[]>([
        ["session.start", this.#start],
        ["session.end", this.#end],
        ["session.events", this.#events],
        ...this.#names.map((name, s) => [name, this.#values[s] ?? []] as const),
      ]),
    };
  }
}
