import { topStep, type Place } from "./place.ts";

/** Why a definition can't be published; the codes are stable, the sentence is for its author. */
export type DefinitionErrorCode =
  | "no-purpose"
  | "unknown-purpose"
  | "too-many-steps"
  | "too-deep"
  | "too-many-expressions"
  | "unreachable-step"
  | "unknown-step"
  | "unknown-option"
  | "invalid-option"
  | "invalid-name"
  | "reserved-name"
  | "duplicate-column"
  | "duplicate-output"
  | "no-emit"
  | "unknown-field"
  | "field-not-permitted"
  | "purpose-not-permitted"
  | "type-mismatch"
  | "invalid-expression"
  | "needs-subject"
  | "needs-events"
  | "needs-one-partition";

interface DefinitionErrorDetails extends ErrorOptions {
  /** the one that is wrong, when its cause is an ExpressionError */
  readonly expression?: string;
  /** types */
  readonly expected?: string;
  readonly found?: string;
}

export class DefinitionError extends Error {
  override readonly name = "DefinitionError";
  readonly code: DefinitionErrorCode;
  /** undefined when the definition as a whole is meant */
  readonly place: Place | undefined;
  readonly details: DefinitionErrorDetails;

  constructor(code: DefinitionErrorCode, place: Place | undefined, message: string, details?: DefinitionErrorDetails) {
    super(message, details);
    this.code = code;
    this.place = place;
    this.details = details ?? {};
  }

  /** The top step that is or holds what is wrong, from 1. */
  get step(): number | undefined {
    return this.place === undefined ? undefined : topStep(this.place);
  }
}
