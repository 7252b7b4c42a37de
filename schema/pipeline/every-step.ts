import type { OptionSpecs, ValueSpec } from "../options/option.ts";
import type { Step } from "./definition.ts";
import { STEPS } from "./steps.ts";

/** The steps and those of all their lines. They may be a draft's, which nobody has checked. */
export function everyStep(steps: readonly Step[]): readonly Step[] {
  const all: unknown[] = [...steps];
  // no recursion: a draft may be as deep as it likes
  for (let i = 0; i < all.length; i++) {
    for (const [verb, options] of Object.entries(Object(all[i]) as object)) {
      const spec = STEPS.find((each) => each.verb === verb);
      if (spec !== undefined) all.push(...stepsIn(spec.options, options));
    }
  }
  return all as readonly Step[];
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
