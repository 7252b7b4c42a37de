import { DefinitionError } from "./definition-error.ts";
import type { Scope } from "./scope.ts";
import type { OutputColumn } from "./types.ts";

const OUTPUT_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
/** what a result row adds of its own, in JSON and in tables */
const RESERVED = ["id", "result_id"];

/** Adds an output of these of the current columns, in this order. */
export function pushOutput(output: string, names: readonly string[], scope: Scope): void {
  const { outputs, step, perSubject } = scope;
  if (!OUTPUT_NAME.test(output)) {
    const message = `Step ${step} names an output ${JSON.stringify(output)}; names are a letter, then up to 63 letters, digits, _ and -.`;
    throw new DefinitionError("invalid-name", step, message);
  }
  if (outputs.some(({ name }) => name === output)) {
    throw new DefinitionError("duplicate-output", step, `Step ${step} emits to output ${output} a second time.`);
  }
  if (names.length === 0) throw new DefinitionError("invalid-option", step, `Step ${step} emits no column.`);
  outputs.push({ name: output, columns: outputColumns(names, scope), perSubject });
}

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
