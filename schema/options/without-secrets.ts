import type { OptionSpecs, ValueSpec } from "./option.ts";

/** Options as the API may show them: only what the spec knows, and none of its secrets, at any depth. */
export function withoutSecrets(specs: OptionSpecs, options: unknown): Readonly<Record<string, unknown>> {
  const given = Object(options) as Readonly<Record<string, unknown>>;
  const open = Object.entries(specs).filter(([name, { secret }]) => secret !== true && Object.hasOwn(given, name));
  return Object.fromEntries(open.map(([name, spec]) => [name, openValue(spec, given[name])]));
}

function openValue(spec: ValueSpec, value: unknown): unknown {
  if (spec.kind === "object") return withoutSecrets(spec.options, value);
  if (spec.kind === "list" && Array.isArray(value)) return value.map((entry: unknown) => openValue(spec.of, entry));
  return value;
}
