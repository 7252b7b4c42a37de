import type { OptionSpecs, ValueSpec } from "./option.ts";

/** The texts of the options that the spec calls secret, at any depth. */
export function secretsOf(specs: OptionSpecs, options: unknown): string[] {
  const given = Object(options) as Readonly<Record<string, unknown>>;
  return Object.entries(specs).flatMap(([name, spec]) =>
    spec.secret === true ? texts(given[name]) : secretsIn(spec, given[name]),
  );
}

function secretsIn(spec: ValueSpec, value: unknown): string[] {
  if (spec.kind === "object") return secretsOf(spec.options, value);
  if (spec.kind === "list" && Array.isArray(value)) return value.flatMap((entry: unknown) => secretsIn(spec.of, entry));
  return [];
}

function texts(value: unknown): string[] {
  if (typeof value === "string") return value === "" ? [] : [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(texts) : [];
}
