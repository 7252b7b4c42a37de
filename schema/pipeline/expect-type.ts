import type { FieldType } from "../consent/policy.ts";
import { DefinitionError } from "./definition-error.ts";
import type { Place } from "./place.ts";

/** Refuses a field of a type that `what` can't work with. */
export function expectType(
  field: string,
  type: FieldType,
  allowed: readonly FieldType[],
  step: Place,
  what: string,
): void {
  if (allowed.includes(type)) return;
  const message = `Step ${step}: ${what} needs a field of type ${allowed.join(" or ")}, and ${field} is of type ${type}.`;
  throw new DefinitionError("type-mismatch", step, message, { expected: allowed.join(" or "), found: type });
}
