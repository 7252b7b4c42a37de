import type { FieldType } from "@o2mc/schema/consent/policy.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import type { Batch } from "../../compile/batch.ts";
import { madeBatch } from "../../compile/made-batch.ts";
import type { SessionStore, Slot } from "./store.ts";

/** Collects completed sessions as columns. */
export class SessionRows {
  readonly #types: ReadonlyMap<string, FieldType>;
  readonly #id: string[] = [];
  readonly #key: string[] = [];
  readonly #start: number[] = [];
  readonly #end: number[] = [];
  readonly #events: number[] = [];
  readonly #sticky: Scalar[][];

  /** `types` are those of start, end, events and the sticky fields. */
  constructor(types: ReadonlyMap<string, FieldType>) {
    this.#types = types;
    this.#sticky = Array.from({ length: types.size - 3 }, () => []);
  }

  add(sessions: SessionStore, slot: Slot): void {
    const key = sessions.key(slot);
    const start = sessions.start(slot);
    this.#id.push(`${key}-${start.toString(36)}`);
    this.#key.push(key);
    this.#start.push(start);
    this.#end.push(sessions.end(slot));
    this.#events.push(sessions.events(slot));
    this.#sticky.forEach((values, s) => values.push(sessions.value(slot, s)));
  }

  batch(): Batch {
    return madeBatch({
      id: this.#id,
      time: this.#end,
      key: this.#key,
      types: this.#types,
      columns: [this.#start, this.#end, this.#events, ...this.#sticky],
    });
  }
}
