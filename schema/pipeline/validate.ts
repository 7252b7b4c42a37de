import type { Policy } from "../consent/policy.ts";
import { ExpressionError } from "../expression/error.ts";
import { checkDefinition } from "./check.ts";
import type { ColumnType } from "./columns.ts";
import type { DefinitionError, DefinitionErrorCode } from "./definition-error.ts";
import type { PipelineDefinition } from "./definition.ts";
import { placeId, type Place } from "./place.ts";
import type { OutputType } from "./types.ts";

/** One thing that is wrong with a definition. */
export interface DefinitionFault {
  readonly code: DefinitionErrorCode;
  readonly message: string;
  readonly place: Place | undefined;
  /** the expression that is wrong, and where in it, from 1 */
  readonly expression?: string | undefined;
  readonly line?: number;
  readonly column?: number;
  /** types, or what an option may be */
  readonly expected?: string | undefined;
  readonly found?: string | undefined;
  /** the known name that is closest to the one that is not */
  readonly near?: string | undefined;
}

export interface Validation {
  /** in the order of the definition; none = it can run */
  readonly faults: readonly DefinitionFault[];
  /** the rows behind each step, as far as it is right */
  readonly steps: readonly { readonly place: Place; readonly verb: string; readonly columns: readonly ColumnType[] }[];
  readonly outputs: readonly OutputType[];
  /** paths of the policy's fields that it reads */
  readonly reads: readonly string[];
}

/** All that is wrong with a definition, as far as one fault does not hang on another, and the types of what is right. */
export function validateDefinition(
  definition: PipelineDefinition,
  policy: Policy,
  application: { readonly partitions: number },
): Validation {
  const faults: DefinitionFault[] = [];
  const steps: Validation["steps"][number][] = [];
  const { outputs, readSet } = checkDefinition(definition, policy, application, {
    wrong: (error) => void faults.push(faultOf(error)),
    passed: (place, verb, columns) => void steps.push({ place, verb, columns: columns.describe(place) }),
  });
  // a step with lines is done after these
  steps.sort((left, right) => BY_PLACE.compare(placeId(left.place), placeId(right.place)));
  return { faults, steps, outputs, reads: readSet.map(({ path }) => path) };
}

const BY_PLACE = new Intl.Collator("en", { numeric: true });

function faultOf({ code, message, place, details, cause }: DefinitionError): DefinitionFault {
  const { expected, found, expression } = details;
  const fault = { code, message, place, expression, expected, found };
  if (!(cause instanceof ExpressionError)) return fault;
  const { line, column, near } = cause;
  return { ...fault, line, column, expected: cause.expected, found: cause.found, near };
}
