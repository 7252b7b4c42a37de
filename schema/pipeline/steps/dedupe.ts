import type { OptionsOf } from "../../options/options-of.ts";
import { DefinitionError } from "../definition-error.ts";
import { expressionColumn } from "../expression-column.ts";
import { stepSpec } from "../step-spec.ts";

export const dedupe = stepSpec({
  verb: "dedupe",
  summary:
    "Of events of one subject with the same key, lets the first to arrive go on and drops those whose time is at most the " +
    "window away from it, before or after. A key with a null in it is no key: such rows go on. An event later than the " +
    "window is a dead letter (`late`). Events that were sent again with their id are dropped before any pipeline.",
  options: {
    by: {
      kind: "list",
      of: { kind: "expression" },
      description: "the key: events are the same when all of these are equal",
    },
    withinSeconds: {
      kind: "integer",
      min: 1,
      max: 31 * 24 * 3600,
      unit: "seconds",
      description: "the window, by event time",
    },
  },
  example: { by: ["event.page.path"], withinSeconds: 600 },
  check({ by }, scope) {
    const { columns, step } = scope;
    if (columns.made) {
      const message = `Step ${step} keeps the first of several events, but an earlier step has made rows of its own: dedupe before it.`;
      throw new DefinitionError("needs-events", step, message);
    }
    if (by.length === 0) throw new DefinitionError("invalid-option", step, `Step ${step}: dedupe.by names no key.`);
    for (const source of by) columns.narrowRows(expressionColumn(source, scope).origins);
  },
});

export type DedupeOptions = OptionsOf<typeof dedupe.options>;
