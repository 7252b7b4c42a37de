import type { FieldDeclaration, Policy } from "../consent/policy.ts";
import { OptionError } from "../options/option-error.ts";
import { readOptions } from "../options/read-options.ts";
import { Columns } from "./columns.ts";
import { DefinitionError } from "./definition-error.ts";
import { DEFAULT_TIME, type PipelineDefinition, type Step, type TimeOptions } from "./definition.ts";
import { Doubtful } from "./doubtful.ts";
import { everyStep } from "./every-step.ts";
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

export interface Surroundings {
  /** of the application */
  readonly partitions: number;
  /**
   * The outputs of the version that was published, when it is asked what has become of it under another policy: columns that
   * were left out of an `emit` are those that this had, as far as they are still there.
   */
  readonly published?: readonly OutputType[];
}

/** What a check tells while it goes on behind what is wrong. */
export interface CheckListener {
  readonly wrong: (error: DefinitionError) => void;
  /** the step is right, or as far as it is the rows have these columns */
  readonly passed: (place: Place, verb: string, columns: Columns) => void;
}

/**
 * Checks a definition, which may come from anywhere as JSON, against the policy of its application, as publish does, and
 * gives its types. Throws a DefinitionError with the first thing that is wrong; with a `listener` it gives as much as is
 * right, and throws nothing.
 */
export function checkDefinition(
  given: PipelineDefinition,
  policy: Policy,
  { partitions, published }: Surroundings,
  listener?: CheckListener,
): CheckedDefinition {
  const attempt = attempting(listener);
  const purposes = given.purposes.filter((name) => attempt(() => checkPurpose(name, policy)) === true);
  if (given.purposes.length === 0) {
    attempt(() => {
      throw new DefinitionError("no-purpose", undefined, "A pipeline names at least one purpose.");
    });
  }
  const time = attempt(() => readTime(given.time)) ?? DEFAULT_TIME;
  const columns = new Columns(policy, purposes);
  const outputs: OutputType[] = [];
  const start = {
    columns,
    outputs,
    partitions,
    published,
    perSubject: true,
    ended: false,
    expressions: { count: 0, characters: 0 },
  };
  const nesting = { depth: 0, steps: 0, doubtful: new Doubtful() };
  // what nobody may see cannot be judged
  const judged = purposes.length === 0 ? [] : given.steps;
  const steps = attempt(() => checkLine(judged, start, (index) => index + 1, nesting, listener)) ?? [];
  if (outputs.length === 0 && !everyStep(given.steps).some((step) => verbOf(step) === "emit")) {
    attempt(() => {
      throw new DefinitionError("no-emit", undefined, "The pipeline has no emit step, so nothing would come of it.");
    });
  }
  return { definition: { purposes, time, steps }, readSet: columns.readSet(), outputs };
}

/** Does a part of the check; with a listener this hears what is wrong, and the rest goes on. */
function attempting(listener: CheckListener | undefined, failed: () => void = () => undefined): Scope["attempt"] {
  if (listener === undefined) return (part) => part();
  return (part) => {
    try {
      return part();
    } catch (error) {
      if (!(error instanceof DefinitionError)) throw error;
      failed();
      listener.wrong(error);
      return undefined;
    }
  };
}

/** The steps so far, how many lines there are around these, and what is not known of their columns. */
interface Nesting {
  readonly depth: number;
  steps: number;
  readonly doubtful: Doubtful;
}

function checkLine(
  given: readonly unknown[],
  start: Omit<Scope, "step" | "line" | "attempt">,
  placeOf: (index: number) => Place,
  nesting: Nesting,
  listener: CheckListener | undefined,
): Step[] {
  nesting.steps += given.length;
  if (nesting.steps > MAX_STEPS) {
    const message = `A pipeline has at most ${MAX_STEPS} steps, with those of its lines; this one has more.`;
    throw new DefinitionError("too-many-steps", undefined, message);
  }
  const { doubtful } = nesting;
  let failed = false;
  let current: unknown;
  const attempt = attempting(
    listener && { ...listener, wrong: (error) => void (doubtful.concerns(current) || listener.wrong(error)) },
    () => (failed = true),
  );
  const scope: Mutable<Scope> = {
    ...start,
    step: 0,
    attempt,
    line(label, steps, origins) {
      const { step, perSubject, partitions, published, outputs, expressions } = scope;
      const inner = { depth: nesting.depth + 1, steps: nesting.steps, doubtful: doubtful.fork() };
      if (inner.depth > MAX_LINE_DEPTH) {
        throw new DefinitionError("too-deep", step, `Step ${step}: lines are at most ${MAX_LINE_DEPTH} deep.`);
      }
      const columns = scope.columns.fork();
      columns.narrowRows(origins);
      const place = (index: number): Place => placeWithin(step, label, index);
      const within = { columns, outputs, partitions, published, perSubject, ended: false, expressions };
      const checked = checkLine(steps, within, place, inner, listener);
      nesting.steps = inner.steps;
      return checked;
    },
  };
  const checked: Step[] = [];
  for (const [index, step] of given.entries()) {
    scope.step = placeOf(index);
    current = step;
    failed = false;
    const whole = attempt(() => {
      if (scope.ended) {
        const message = `Step ${scope.step} gets no rows: the one before it lets none go on.`;
        throw new DefinitionError("unreachable-step", scope.step, message);
      }
      return checkStep(step, scope);
    });
    if (failed) {
      // what comes after it would be judged by columns that are not its own
      if (scope.ended || makesRows(step)) break;
      doubtful.add(step);
    }
    if (whole !== undefined) checked.push(whole);
    listener?.passed(scope.step, verbOf(step), scope.columns);
  }
  return checked;
}

/** as far as it has one */
const verbOf = (step: unknown): string => membersOf(step)[0]?.[0] ?? "";

/** GraphQL hands over absent verbs as undefined or null. */
const membersOf = (step: unknown): readonly [string, unknown][] =>
  Object.entries(Object(step) as object).filter(([, value]) => value !== undefined && value !== null);

const makesRows = (step: unknown): boolean =>
  STEPS.some(({ verb, makesRows: makes }) => makes === true && verb === verbOf(step));

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function checkPurpose(name: string, policy: Policy): true {
  if (policy.purposes.some((purpose) => purpose.name === name)) return true;
  throw new DefinitionError("unknown-purpose", undefined, `The policy has no purpose ${JSON.stringify(name)}.`);
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

function specOf(step: unknown, number: Place): { readonly spec: StepSpec; readonly options: unknown } {
  const present = membersOf(step);
  const [verb, options] = present[0] ?? [];
  const spec = STEPS.find((each) => each.verb === verb);
  if (present.length === 1 && spec !== undefined) return { spec, options };
  const known = STEPS.map((each) => each.verb).join(", ");
  const got = present.length === 0 ? "nothing" : present.map(([key]) => key).join(", ");
  throw new DefinitionError("unknown-step", number, `Step ${number} must be exactly one of ${known}; it has ${got}.`);
}
