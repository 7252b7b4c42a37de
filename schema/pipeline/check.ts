import type { FieldDeclaration, Policy } from "../consent/policy.ts";
import { OptionError } from "../options/option-error.ts";
import { readOptions } from "../options/read-options.ts";
import { Columns } from "./columns.ts";
import { DefinitionError } from "./definition-error.ts";
import type { PipelineDefinition, Step, TimeOptions } from "./definition.ts";
import { placeWithin, type Place } from "./place.ts";
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

/** with those of all lines */
const MAX_STEPS = 64;
/** of lines in lines */
export const MAX_LINE_DEPTH = 4;

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
  const columns = new Columns(policy, purposes);
  const outputs: OutputType[] = [];
  const start = {
    columns,
    outputs,
    partitions,
    perSubject: true,
    ended: false,
    expressions: { count: 0, characters: 0 },
  };
  const steps = checkLine(given.steps, start, (index) => index + 1, { depth: 0, steps: 0 });
  if (outputs.length === 0) {
    throw new DefinitionError("no-emit", undefined, "The pipeline has no emit step, so nothing would come of it.");
  }
  return { definition: { purposes, time, steps }, readSet: columns.readSet(), outputs };
}

/** The steps so far, and how many lines there are around these. */
interface Nesting {
  readonly depth: number;
  steps: number;
}

function checkLine(
  given: readonly unknown[],
  start: Omit<Scope, "step" | "line">,
  placeOf: (index: number) => Place,
  nesting: Nesting,
): Step[] {
  nesting.steps += given.length;
  if (nesting.steps > MAX_STEPS) {
    const message = `A pipeline has at most ${MAX_STEPS} steps, with those of its lines; this one has more.`;
    throw new DefinitionError("too-many-steps", undefined, message);
  }
  const scope: Mutable<Scope> = {
    ...start,
    step: 0,
    line(label, steps, origins) {
      const { step, perSubject, partitions, outputs, expressions } = scope;
      const inner = { depth: nesting.depth + 1, steps: nesting.steps };
      if (inner.depth > MAX_LINE_DEPTH) {
        throw new DefinitionError("too-deep", step, `Step ${step}: lines are at most ${MAX_LINE_DEPTH} deep.`);
      }
      const columns = scope.columns.fork();
      columns.narrowRows(origins);
      const place = (index: number): Place => placeWithin(step, label, index);
      const within = { columns, outputs, partitions, perSubject, ended: false, expressions };
      const checked = checkLine(steps, within, place, inner);
      nesting.steps = inner.steps;
      return checked;
    },
  };
  return given.map((step, index) => {
    scope.step = placeOf(index);
    if (scope.ended) {
      const message = `Step ${scope.step} gets no rows: the one before it lets none go on.`;
      throw new DefinitionError("unreachable-step", scope.step, message);
    }
    return checkStep(step, scope);
  });
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

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
    return { [spec.verb]: spec.check(read, scope) ?? read } as unknown as Step;
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    throw new DefinitionError(error.code, number, `Step ${number}: ${error.message}.`, { cause: error });
  }
}

function specOf(given: unknown, number: Place): { readonly spec: StepSpec; readonly options: unknown } {
  // GraphQL hands over absent verbs as undefined or null
  const present = Object.entries(Object(given) as object).filter(([, value]) => value !== undefined && value !== null);
  const [verb, options] = present[0] ?? [];
  const spec = STEPS.find((each) => each.verb === verb);
  if (present.length === 1 && spec !== undefined) return { spec, options };
  const known = STEPS.map((each) => each.verb).join(", ");
  const got = present.length === 0 ? "nothing" : present.map(([key]) => key).join(", ");
  throw new DefinitionError("unknown-step", number, `Step ${number} must be exactly one of ${known}; it has ${got}.`);
}
