import type { FieldType } from "@o2mc/schema/consent/policy.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import type { Batch } from "../../compile/batch.ts";
import { madeBatch } from "../../compile/made-batch.ts";
import type { Session } from "./session.ts";

/** Collects completed sessions as columns. */
export class SessionRows {
  readonly #types: ReadonlyMap<string, FieldType>;
  readonly #sessions: Session[] = [];

  constructor(types: ReadonlyMap<string, FieldType>) {
    this.#types = types;
  }

  add(session: Session): void {
    this.#sessions.push(session);
  }

  batch(): Batch {
    const sessions = this.#sessions;
    const columns: Scalar[][] = [
      sessions.map(({ start }) => start),
      sessions.map(({ end }) => end),
      sessions.map(({ events }) => events),
    ];
    for (let s = 3; s < this.#types.size; s++) columns.push(sessions.map(({ values }) => values[s - 3] ?? null));
    return madeBatch({
      id: sessions.map(({ subjectKey, start }) => `${subjectKey}-${start.toString(36)}`),
      time: sessions.map(({ end }) => end),
      key: sessions.map(({ subjectKey }) => subjectKey),
      types: this.#types,
      columns,
    });
  }
}
