import { partitionOf } from "@o2mc/schema/events/partition.ts";
import { OpenFrame, type EventRow } from "./open-frame.ts";
import type { ApplicationPlan, LanePlan } from "./plan.ts";

const CUT_AFTER_MS = 4;

/** The open frames of one application under one deployment, one per lane and partition that has events waiting. */
export class OpenFrames {
  readonly #plan: ApplicationPlan;
  readonly #onCut: (frame: OpenFrame) => void;
  readonly #open = new Map<string, OpenFrame>();
  #timer: NodeJS.Timeout | undefined;

  constructor(plan: ApplicationPlan, onCut: (frame: OpenFrame) => void) {
    this.#plan = plan;
    this.#onCut = onCut;
  }

  /** Adds a row to its frame and returns the frame; it is cut when full, else a few milliseconds after its first row. */
  add(lane: LanePlan, row: EventRow): OpenFrame {
    const partition = lane.partitions === 1 ? 0 : partitionOf(row.subjectKey, lane.partitions);
    const subject = lane.subjects[partition] ?? "";
    let frame = this.#open.get(subject);
    if (frame === undefined) {
      frame = new OpenFrame(this.#plan, lane, partition);
      this.#open.set(subject, frame);
      this.#timer ??= setTimeout(() => this.cutAll(), CUT_AFTER_MS);
    }
    frame.add(row);
    if (frame.full) {
      this.#open.delete(subject);
      this.#onCut(frame);
    }
    return frame;
  }

  cutAll(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const frame of this.#open.values()) this.#onCut(frame);
    this.#open.clear();
  }
}
