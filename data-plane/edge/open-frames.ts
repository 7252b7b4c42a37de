import { OpenFrame } from "./open-frame.ts";
import type { ApplicationPlan, LanePlan } from "./plan.ts";
import type { EventRow } from "./read-event.ts";

const CUT_AFTER_MS = 4;
/** so few gain from being early; who sends many at a time gains from whole frames */
const FEW_EVENTS = 32;

/** The open frames of one application under one deployment, one per lane and partition that has events waiting. */
export class OpenFrames {
  readonly #plan: ApplicationPlan;
  readonly #onCut: (frame: OpenFrame) => void;
  readonly #open = new Map<string, OpenFrame>();
  readonly #idle: () => boolean;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;

  /** `idle` = nothing is on its way to the hub, so that waiting for company would only cost time. */
  constructor(plan: ApplicationPlan, onCut: (frame: OpenFrame) => void, idle: () => boolean = () => false) {
    this.#plan = plan;
    this.#onCut = onCut;
    this.#idle = idle;
  }

  /** Adds a row to its frame and returns the frame; it is cut when full, else a few milliseconds after its first row. */
  add(lane: LanePlan, row: EventRow): OpenFrame {
    const partition = row.subject.partition(lane.partitions);
    const subject = lane.subjects[partition] ?? "";
    let frame = this.#open.get(subject);
    if (frame === undefined) {
      frame = new OpenFrame(this.#plan, lane, partition);
      this.#open.set(subject, frame);
      this.#schedule();
    }
    frame.add(row);
    if (frame.full) {
      this.#open.delete(subject);
      this.#onCut(frame);
    }
    return frame;
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#immediate !== undefined) return;
    if (this.#idle()) this.#immediate = setImmediate(() => this.#cutFew());
    else this.#timer = setTimeout(() => this.cutAll(), CUT_AFTER_MS);
  }

  #cutFew(): void {
    this.#immediate = undefined;
    let waiting = 0;
    for (const { events } of this.#open.values()) waiting += events;
    if (waiting <= FEW_EVENTS) this.cutAll();
    else this.#timer = setTimeout(() => this.cutAll(), CUT_AFTER_MS);
  }

  cutAll(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#timer = undefined;
    this.#immediate = undefined;
    for (const frame of this.#open.values()) this.#onCut(frame);
    this.#open.clear();
  }
}
