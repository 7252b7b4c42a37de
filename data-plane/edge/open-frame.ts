import type { EventFrame, Scalar } from "@o2mc/schema/events/frame.ts";
import type { ApplicationPlan, LanePlan } from "./plan.ts";

/** One permitted event; `values` are the declared fields, in the policy's order. */
export interface EventRow {
  readonly id: string;
  readonly type: string;
  readonly time: number;
  readonly source: string;
  readonly subjectKey: string;
  readonly values: readonly Scalar[];
}

/** Why a frame did not get into the hub; undefined = it is in. */
export type PublishFailure = "hub-full" | "hub-unavailable";

const MAX_EVENTS = 500;
const MAX_BYTES = 64 * 1024;
/** what a number, a flag and the commas around them take, roughly */
const PLAIN_BYTES = 8;

/** A frame that still takes rows: columns of one lane and partition. */
export class OpenFrame {
  readonly subject: string;
  /** resolves when the frame is in the hub, or with why it is not; never rejects */
  readonly settled: Promise<PublishFailure | undefined>;
  settle: (failure: PublishFailure | undefined) => void = () => undefined;
  readonly #plan: ApplicationPlan;
  readonly #columns: { readonly value: number; readonly cells: Scalar[]; readonly path: string }[];
  readonly #id: string[] = [];
  readonly #type: string[] = [];
  readonly #time: number[] = [];
  readonly #sources: string[] = [];
  readonly #source: number[] = [];
  readonly #subjectKey: string[] = [];
  #bytes = 0;

  constructor(plan: ApplicationPlan, lane: LanePlan, partition: number) {
    this.#plan = plan;
    this.subject = lane.subjects[partition] ?? "";
    this.#columns = lane.columns.map(({ path, value }) => ({ path, value, cells: [] }));
    this.settled = new Promise((resolve) => (this.settle = resolve));
  }

  get events(): number {
    return this.#id.length;
  }

  get full(): boolean {
    return this.#id.length >= MAX_EVENTS || this.#bytes >= MAX_BYTES;
  }

  add(row: EventRow): void {
    this.#id.push(row.id);
    this.#type.push(row.type);
    this.#time.push(row.time);
    this.#subjectKey.push(row.subjectKey);
    let source = this.#sources.indexOf(row.source);
    if (source < 0) source = this.#sources.push(row.source) - 1;
    this.#source.push(source);
    let bytes = row.id.length + row.type.length + row.subjectKey.length + 4 * PLAIN_BYTES;
    for (const { value, cells } of this.#columns) {
      const cell = row.values[value] ?? null;
      cells.push(cell);
      bytes += typeof cell === "string" ? cell.length + 3 : PLAIN_BYTES;
    }
    this.#bytes += bytes;
  }

  /** The message, cut at `now`. */
  encode(now: number): string {
    const columns: Record<string, readonly Scalar[]> = {};
    for (const { path, cells } of this.#columns) columns[path] = cells;
    const { revision, policy } = this.#plan.deployment;
    const frame: EventFrame = {
      v: 1,
      revision,
      policy: policy.version,
      at: now,
      n: this.#id.length,
      id: this.#id,
      type: this.#type,
      time: this.#time,
      sources: this.#sources,
      source: this.#source,
      subjectKey: this.#subjectKey,
      columns,
    };
    return JSON.stringify(frame);
  }
}
