import type { OptionsOf } from "../../options/options-of.ts";
import { DefinitionError } from "../definition-error.ts";
import type { Scope } from "../scope.ts";
import { stepSpec } from "../step-spec.ts";
import type { OutputColumn } from "../types.ts";

const OUTPUT_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
/** what a result row adds of its own, in JSON and in tables */
const RESERVED = ["id", "result_id"];

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
      description: "the columns that the output has, in this order; all columns when left out",
    },
  },
  example: { output: "pages", fields: ["$time", "page.path"] },
  check({ output, fields }, scope) {
    const { columns, outputs, step, perSubject } = scope;
    if (!OUTPUT_NAME.test(output)) {
      const message = `Step ${step} names an output ${JSON.stringify(output)}; names are a letter, then up to 63 letters, digits, _ and -.`;
      throw new DefinitionError("invalid-name", step, message);
    }
    if (outputs.some(({ name }) => name === output)) {
      throw new DefinitionError("duplicate-output", step, `Step ${step} emits to output ${output} a second time.`);
    }
    const names = fields ?? columns.names();
    if (names.length === 0) throw new DefinitionError("invalid-option", step, `Step ${step} emits no column.`);
    outputs.push({ name: output, columns: outputColumns(names, scope), perSubject });
  },
});

export type EmitOptions = OptionsOf<typeof emit.options>;

function outputColumns(names: readonly string[], { columns, step, attempt }: Scope): readonly OutputColumn[] {
  // tables write a dot as _
  const flat = new Set<string>();
  const columnOf = (name: string): OutputColumn => {
    const { type, origins } = columns.read(name, step);
    if (RESERVED.includes(name)) {
      const message = `Step ${step} emits a column ${name}, a name that each result's own id has: rename it before.`;
      throw new DefinitionError("reserved-name", step, message);
    }
    const plain = name.replaceAll(".", "_");
    if (flat.has(plain)) {
      throw new DefinitionError("duplicate-column", step, `Step ${step} emits column ${name} a second time.`);
    }
    flat.add(plain);
    return { name, type, purposes: columns.purposesOf(origins), origins };
  };
  return names.flatMap((name) => attempt(() => columnOf(name)) ?? []);
}
