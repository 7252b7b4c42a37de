import type { EmitOptions } from "@o2mc/schema/pipeline/steps/emit.ts";
import type { OutputType } from "@o2mc/schema/pipeline/types.ts";
import type { Scope } from "../../compile/scope.ts";

/** The output's checked type says which columns. */
export function planEmit({ output }: EmitOptions, scope: Scope, outputs: readonly OutputType[]): void {
  const type = outputs.find(({ name }) => name === output);
  if (type === undefined) return;
  scope.emit(
    output,
    type.columns.map(({ name }) => name),
  );
}
