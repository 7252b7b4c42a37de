import { EventReader } from "../read-event.ts";
import type { SourcePlan } from "../plan.ts";
import { shapeOf, type EventShape } from "./event-shape.ts";

const MAX_SHAPES = 8;

/** The shapes that events of one source had lately, learnt from those that had to be parsed. */
export class KnownShapes {
  #shapes: readonly EventShape[] = [];

  get all(): readonly EventShape[] {
    return this.#shapes;
  }

  learn(event: unknown, plan: SourcePlan, now: number): void {
    if (new EventReader(plan, now).read(event) !== undefined) return;
    const shape = shapeOf(event, plan);
    // one that is known was not matched for its values, an escape in them say
    if (shape === undefined || this.#shapes.some(({ signature }) => signature === shape.signature)) return;
    this.#shapes = [shape, ...this.#shapes].slice(0, MAX_SHAPES);
  }
}
