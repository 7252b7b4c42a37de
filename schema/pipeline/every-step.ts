import type { OptionSpecs, ValueSpec } from "../options/option.ts";
import type { Step } from "./definition.ts";
import { STEPS } from "./steps.ts";

/** The steps and those of all their lines. They may be a draft's, which nobody has checked. */
export function everyStep(steps: readonly Step[]): readonly Step[] {
  return levels(steps).flat() as readonly Step[];
}

/** How deep lines lie in lines; 0 = there is none. */
export const lineDepth = (steps: readonly Step[]): number => levels(steps).length - 1;

/** No recursion: what nobody has checked may be as deep as it likes. */
function levels(steps: readonly unknown[]): readonly (readonly unknown[])[] {
  const found: (readonly unknown[])[] = [];
  for (let level = steps; level.length > 0; level = level.flatMap(stepsBelow)) found.push(level);
  return found;
}

function stepsBelow(step: unknown): readonly unknown[] {
  return Object.entries(Object(step) as object).flatMap(([verb, options]) => {
    const spec = STEPS.find((each) => each.verb === verb);
    return spec === undefined ? [] : stepsIn(spec.options, options);
  });
}

function stepsIn(specs: OptionSpecs, options: unknown): readonly unknown[] {
  const given = Object(options) as Readonly<Record<string, unknown>>;
  return Object.entries(specs).flatMap(([name, spec]) => stepsOf(spec, given[name]));
}

function stepsOf(spec: ValueSpec, value: unknown): readonly unknown[] {
  if (spec.kind === "steps") return Array.isArray(value) ? value : [];
  if (spec.kind === "object") return stepsIn(spec.options, value);
  if (spec.kind !== "list" || !Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) => stepsOf(spec.of, entry));
}
