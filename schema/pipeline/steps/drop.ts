import type { OptionsOf } from "../../options/options-of.ts";
import { stepSpec } from "../step-spec.ts";

export const drop = stepSpec({
  verb: "drop",
  summary: "Removes columns. A column that is only dropped is not read, so that its field never leaves the edge.",
  options: {
    fields: { kind: "list", of: { kind: "field" }, description: "the columns to remove" },
  },
  example: { fields: ["referrer"] },
  check({ fields }, { columns, step }) {
    for (const field of fields) {
      columns.find(field, step);
      columns.remove(field);
    }
  },
});

export type DropOptions = OptionsOf<typeof drop.options>;
