import { columnOf, numberColumn, textColumn, type Column } from "@o2mc/schema/events/columns/column.ts";
import { encodeEventFrame } from "@o2mc/schema/events/event-frame.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import type { ApplicationPlan, LanePlan } from "./plan.ts";
import type { EventRow } from "./read-event.ts";

/** Why a frame did not get into the hub; undefined = it is in. */
export type PublishFailure = "hub-full" | "hub-unavailable";

const MAX_EVENTS = 500;
const MAX_BYTES = 64 * 1024;
/** what a number takes, and a text beside its characters, roughly */
const PLAIN_BYTES = 8;

/** A frame that still takes rows: columns of one lane and partition. */
export class OpenFrame {
  readonly subject: string;
  /** resolves when the frame is in the hub, or with why it is not; never rejects */
  readonly settled: Promise<PublishFailure | undefined>;
  settle: (failure: PublishFailure | undefined) => void = () => undefined;
  readonly #plan: ApplicationPlan;
  readonly #lane: LanePlan;
  readonly #cells: readonly Scalar[][];
  readonly #id: string[] = [];
  readonly #type: string[] = [];
  readonly #time: number[] = [];
  readonly #source: string[] = [];
  readonly #key: string[] = [];
  #bytes = 0;

  constructor(plan: ApplicationPlan, lane: LanePlan, partition: number) {
    this.#plan = plan;
    this.#lane = lane;
    this.subject = lane.subjects[partition] ?? "";
    this.#cells = lane.columns.map(() => []);
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
    this.#source.push(row.source);
    this.#key.push(row.subject.key);
    let bytes = row.id.length + row.subject.key.length + 4 * PLAIN_BYTES;
    const { columns } = this.#lane;
    for (let i = 0; i < columns.length; i++) {
      const cell = row.values[(columns[i] as LanePlan["columns"][number]).value] ?? null;
      (this.#cells[i] as Scalar[]).push(cell);
      bytes += typeof cell === "string" ? cell.length + PLAIN_BYTES : PLAIN_BYTES;
    }
    this.#bytes += bytes;
  }

  /** The message, cut at `now`. */
  encode(now: number): Uint8Array {
    const { revision, policy } = this.#plan.deployment;
    return encodeEventFrame(
      { revision, policy: policy.version, at: now },
      this.#id.length,
      {
        $id: textColumn(this.#id),
        $type: textColumn(this.#type),
        $time: numberColumn(this.#time),
        $source: textColumn(this.#source),
        "#key": textColumn(this.#key),
      },
      this.#lane.columns.map(({ path, type }, i): [string, Column] => [path, columnOf(type, this.#cells[i] ?? [])]),
    );
  }
}
