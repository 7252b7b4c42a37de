import { EventReader, type SourceRules } from "../read-event.ts";
import { shapeOf, type EventShape } from "./event-shape.ts";

const MAX_SHAPES = 8;

/** The shapes that events of one source had lately, learnt from those that had to be parsed. */
export class KnownShapes {
  #shapes: readonly EventShape[] = [];

  get all(): readonly EventShape[] {
    return this.#shapes;
  }

  learn(event: unknown, rules: SourceRules, now: number): void {
    if (new EventReader(rules, now).read(event) !== undefined) return;
    const shape = shapeOf(event, rules.application.deployment.policy.fields);
    // one that is known was not matched for its values, an escape in them say
    if (shape === undefined || this.#shapes.some(({ signature }) => signature === shape.signature)) return;
    this.#shapes = [shape, ...this.#shapes].slice(0, MAX_SHAPES);
  }
}
