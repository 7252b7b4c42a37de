import type { OptionsOf } from "../../options/options-of.ts";
import { pushOutput } from "../push-output.ts";
import { stepSpec } from "../step-spec.ts";

export const emit = stepSpec({
  verb: "emit",
  summary: "Hands the rows to an output, for subscribers and destinations; they also go on to the next step.",
  options: {
    output: {
      kind: "text",
      description: "the output's name, once in a pipeline: a letter, then up to 63 letters, digits, _ and -",
    },
    fields: {
      kind: "list",
      of: { kind: "field" },
      optional: true,
      description: "the columns that the output has, in this order; all columns of when it is published when left out",
    },
  },
  example: { output: "pages", fields: ["$time", "page.path"] },
  check({ output, fields }, scope) {
    const then = scope.published?.find(({ name }) => name === output)?.columns;
    const names =
      fields ?? scope.columns.names().filter((name) => then?.some((column) => column.name === name) ?? true);
    pushOutput(output, names, scope);
  },
});

export type EmitOptions = OptionsOf<typeof emit.options>;
