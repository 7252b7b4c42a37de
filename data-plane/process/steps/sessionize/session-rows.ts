import { hash } from "node:crypto";
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
  /** whether a session is complete; undefined = only such are there */
  readonly #final: boolean[] | undefined;
  readonly #policy: number[] = [];
  readonly #sticky: Scalar[][];
  readonly #cuts: number;

  /** `types` are those of start, end, events, whether it is final when there are updates, and the sticky fields. */
  constructor(
    types: ReadonlyMap<string, FieldType>,
    { updates, cuts }: { readonly updates: boolean; readonly cuts: number },
  ) {
    this.#types = types;
    this.#final = updates ? [] : undefined;
    this.#sticky = Array.from({ length: types.size - (updates ? 4 : 3) }, () => []);
    this.#cuts = cuts;
  }

  add(sessions: SessionStore, slot: Slot, final: boolean): void {
    const key = sessions.key(slot);
    const start = sessions.start(slot);
    this.#id.push(`${key}-${sessions.name(slot) ?? sessionName(sessions, slot, this.#cuts)}`);
    this.#final?.push(final);
    this.#key.push(key);
    this.#start.push(start);
    this.#end.push(sessions.end(slot));
    this.#events.push(sessions.events(slot));
    this.#policy.push(sessions.policy(slot));
    this.#sticky.forEach((values, s) => values.push(sessions.value(slot, s)));
  }

  batch(): Batch {
    return madeBatch({
      id: this.#id,
      time: this.#end,
      key: this.#key,
      policy: this.#policy,
      types: this.#types,
      columns: [
        this.#start,
        this.#end,
        this.#events,
        ...(this.#final === undefined ? [] : [this.#final]),
        ...this.#sticky,
      ],
    });
  }

  /** It has become part of another one, and had rows. */
  addMerged(sessions: SessionStore, slot: Slot): void {
    this.add(sessions, slot, true);
    this.#events[this.#events.length - 1] = 0;
  }
}

/** What tells a session from the subject's others: its start, and where several may begin at once, what parted them. */
export function sessionName(sessions: SessionStore, slot: Slot, cuts: number): string {
  const start = sessions.start(slot).toString(36);
  if (cuts === 0) return start;
  const values = Array.from({ length: cuts }, (_, field) => sessions.cut(slot, field));
  return `${start}-${hash("sha256", JSON.stringify(values), "base64url").slice(0, 11)}`;
}
