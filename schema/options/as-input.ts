import { enumName } from "./enum-name.ts";
import type { OptionSpecs, ValueSpec } from "./option.ts";

/** Options as they stand in the variables of a GraphQL request, where words are names of an enum. */
export function asInput(specs: OptionSpecs, options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const known = Object.entries(options).flatMap(([name, value]) => {
    const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
    return spec === undefined ? [] : [[name, valueAsInput(spec, value)] as const];
  });
  return Object.fromEntries(known);
}

export function valueAsInput(spec: ValueSpec, value: unknown): unknown {
  if (spec.kind === "list" && Array.isArray(value)) return value.map((entry: unknown) => valueAsInput(spec.of, entry));
  if (spec.kind === "object") return asInput(spec.options, value as Readonly<Record<string, unknown>>);
  if (spec.kind === "words" && typeof value === "string") return enumName(value);
  return value;
}
