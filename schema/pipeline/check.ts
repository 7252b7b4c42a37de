import type { FieldDeclaration, Policy } from "../consent/policy.ts";
import { OptionError } from "../options/option-error.ts";
import { readOptions } from "../options/read-options.ts";
import { Columns } from "./columns.ts";
import { DefinitionError } from "./definition-error.ts";
import type { PipelineDefinition, Step, TimeOptions } from "./definition.ts";
import type { Scope } from "./scope.ts";
import type { StepSpec } from "./step-spec.ts";
import { STEPS } from "./steps.ts";
import { TIME_OPTIONS } from "./time.ts";
import type { OutputType } from "./types.ts";

export interface CheckedDefinition {
  /** the definition with every default filled in: what is stored and deployed */
  readonly definition: PipelineDefinition;
  /** the policy's fields that some step reads, in the order of first use; the frames need carry no other */
  readonly readSet: readonly FieldDeclaration[];
  readonly outputs: readonly OutputType[];
}

const MAX_STEPS = 64;

/**
 * Checks a definition, which may come from anywhere as JSON, against the policy of its application, as publish does, and
 * gives its types. Throws a DefinitionError with the first thing that is wrong.
 */
export function checkDefinition(
  given: PipelineDefinition,
  policy: Policy,
  { partitions }: { readonly partitions: number },
): CheckedDefinition {
  const { purposes } = given;
  checkPurposes(purposes, policy);
  const time = readTime(given.time);
  if (given.steps.length > MAX_STEPS) {
    throw new DefinitionError(
      "too-many-steps",
      undefined,
      `A pipeline has at most ${MAX_STEPS} steps; this one has ${given.steps.length}.`,
    );
  }
  const scope = { step: 0, columns: new Columns(policy, purposes), partitions, perSubject: true, outputs: [] };
  const steps = given.steps.map((step, index) => {
    scope.step = index + 1;
    return checkStep(step, scope);
  });
  const { columns, outputs } = scope;
  if (outputs.length === 0) {
    throw new DefinitionError("no-emit", undefined, "The pipeline has no emit step, so nothing would come of it.");
  }
  return { definition: { purposes, time, steps }, readSet: columns.readSet(), outputs };
}

function checkPurposes(purposes: readonly string[], policy: Policy): void {
  if (purposes.length === 0) {
    throw new DefinitionError("no-purpose", undefined, "A pipeline names at least one purpose.");
  }
  for (const name of purposes) {
    if (policy.purposes.some((purpose) => purpose.name === name)) continue;
    throw new DefinitionError("unknown-purpose", undefined, `The policy has no purpose ${JSON.stringify(name)}.`);
  }
}

function readTime(given: unknown): TimeOptions {
  try {
    return readOptions(TIME_OPTIONS, given ?? {}, "time");
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    throw new DefinitionError(error.code, undefined, `${error.message}.`, { cause: error });
  }
}

function checkStep(given: unknown, scope: Scope): Step {
  const { step: number } = scope;
  const { spec, options } = specOf(given, number);
  try {
    const read = readOptions(spec.options, options, spec.verb);
    spec.check(read, scope);
    return { [spec.verb]: read } as unknown as Step;
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    throw new DefinitionError(error.code, number, `Step ${number}: ${error.message}.`, { cause: error });
  }
}

function specOf(given: unknown, number: number): { readonly spec: StepSpec; readonly options: unknown } {
  // GraphQL hands over absent verbs as undefined or null
  const present = Object.entries(Object(given) as object).filter(([, value]) => value !== undefined && value !== null);
  const [verb, options] = present[0] ?? [];
  const spec = STEPS.find((each) => each.verb === verb);
  if (present.length === 1 && spec !== undefined) return { spec, options };
  const known = STEPS.map((each) => each.verb).join(", ");
  const got = present.length === 0 ? "nothing" : present.map(([key]) => key).join(", ");
  throw new DefinitionError("unknown-step", number, `Step ${number} must be exactly one of ${known}; it has ${got}.`);
}
