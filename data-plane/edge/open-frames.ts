import { OpenFrame } from "./open-frame.ts";
import type { ApplicationPlan, LanePlan } from "./plan.ts";
import type { EventRow } from "./read-event.ts";

/** Who is told of frames: that one has been opened, and that one is cut and takes no more. */
export interface FrameSink {
  readonly opened: () => void;
  readonly publish: (frame: OpenFrame) => void;
}

/** The open frames of one application under one deployment, one per lane and partition that has events waiting. */
export class OpenFrames {
  readonly #plan: ApplicationPlan;
  readonly #sink: FrameSink;
  readonly #open = new Map<string, OpenFrame>();

  constructor(plan: ApplicationPlan, sink: FrameSink) {
    this.#plan = plan;
    this.#sink = sink;
  }

  /** Adds a row to its frame and returns the frame; it is cut when full, else when the sink has it cut. */
  add(lane: LanePlan, row: EventRow): OpenFrame {
    const partition = row.subject.partition(lane.partitions);
    const subject = lane.subjects[partition] ?? "";
    let frame = this.#open.get(subject);
    if (frame === undefined) {
      frame = new OpenFrame(this.#plan, lane, partition);
      this.#open.set(subject, frame);
      this.#sink.opened();
    }
    frame.add(row);
    if (frame.full) {
      this.#open.delete(subject);
      this.#sink.publish(frame);
    }
    return frame;
  }

  cutAll(): void {
    for (const frame of this.#open.values()) this.#sink.publish(frame);
    this.#open.clear();
  }
}
