import { hash } from "node:crypto";
import type { FieldType } from "@o2mc/schema/consent/policy.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import type { WindowOptions } from "@o2mc/schema/pipeline/steps/window.ts";
import type { Batch } from "../../compile/batch.ts";
import { madeBatch, NO_ROWS } from "../../compile/made-batch.ts";
import type { AggregateColumn } from "./aggregates/aggregate.ts";
import type { Keys } from "./keys.ts";
import type { Slot, Slots } from "./slots.ts";

export interface Windows {
  readonly options: WindowOptions;
  /** of the rows */
  readonly types: ReadonlyMap<string, FieldType>;
  readonly keys: Keys;
  readonly slots: Slots;
  readonly aggregates: readonly AggregateColumn[];
}

/** Collects rows of windows as columns, each as the window is when it is added. */
export class WindowRows {
  readonly #windows: Windows;
  readonly #perSubject: boolean;
  readonly #id: string[] = [];
  readonly #time: number[] = [];
  readonly #key: string[] = [];
  readonly #policy: number[] = [];
  readonly #columns: Scalar[][];

  constructor(windows: Windows) {
    this.#windows = windows;
    this.#perSubject = windows.options.by.includes("$subject");
    this.#columns = [...windows.types].map(() => []);
  }

  add(slot: Slot, final: boolean): void {
    const { options, keys, slots, aggregates } = this.#windows;
    const key = slots.key(slot);
    const by = keys.by(key);
    const start = slots.start(slot);
    const end = slots.end(slot);
    this.#id.push(windowRowId(by, start));
    // of a session, which may become any length, the end is what is near the watermark
    this.#time.push(options.kind === "session" ? end : start);
    this.#key.push(keys.subjectKey(key));
    this.#policy.push(slots.policy(slot));
    let c = 0;
    const put = (value: Scalar): void => void this.#columns[c++]?.push(value);
    put(start);
    put(end);
    if (options.earlySeconds !== undefined) put(final);
    for (const value of by) put(value);
    for (const aggregate of aggregates) put(aggregate.result(slot));
  }

  batch(): Batch {
    if (this.#id.length === 0) return NO_ROWS;
    return madeBatch({
      id: this.#id,
      time: this.#time,
      key: this.#perSubject ? this.#key : undefined,
      policy: this.#perSubject ? this.#policy : undefined,
      types: this.#windows.types,
      columns: this.#columns,
    });
  }
}

/** The same for the same group and window, whatever the frames were; JSON tells 1, "1", true and null apart. */
const windowRowId = (by: readonly Scalar[], start: number): string =>
  `${hash("sha256", JSON.stringify(by), "base64url").slice(0, 22)}-${start.toString(36)}`;
