import type { DedupeOptions } from "@o2mc/schema/pipeline/steps/dedupe.ts";
import { cellAt } from "@o2mc/schema/events/columns/column.ts";
import type { Scope } from "../../compile/scope.ts";
import type { Selection, Vector } from "../../compile/vector.ts";
import type { PickingStep, StepContext, StepRows } from "../step.ts";
import { keyOf } from "../subject-key.ts";
import { Seen } from "./seen.ts";

export function planDedupe({ by, withinSeconds }: DedupeOptions, scope: Scope): void {
  const key = by.map((source) => scope.expression(source));
  scope.pick(new Dedupe(withinSeconds * 1000), key);
}

class Dedupe implements PickingStep {
  readonly memory: Seen;
  readonly #window: number;

  constructor(window: number) {
    this.#window = window;
    this.memory = new Seen(window);
  }

  pick({ batch, rows, inputs }: StepRows, context: StepContext): Selection {
    return rows.filter((row) => {
      const cells = inputs.map((column: Vector) => cellAt(column, row));
      if (cells.includes(null)) return true;
      const time = batch.time[row] as number;
      if (time + this.#window < (batch.watermark?.[row] ?? -Infinity)) {
        context.dead(row, "late", "whether this event has come before is not known any more");
        return false;
      }
      const key = keyOf(batch.key === undefined ? "" : String(cellAt(batch.key, row)), cells);
      if (this.memory.has(key, time)) return false;
      const room = context.room(this.memory.growth(key));
      if (room) this.memory.add(key, time);
      else context.refuse(row);
      return room;
    });
  }
}
