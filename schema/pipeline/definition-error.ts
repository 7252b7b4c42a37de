/** Why a definition can't be published; the codes are stable, the sentence is for its author. */
export type DefinitionErrorCode =
  | "no-purpose"
  | "unknown-purpose"
  | "too-many-steps"
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
  | "needs-one-partition";

export class DefinitionError extends Error {
  override readonly name = "DefinitionError";
  readonly code: DefinitionErrorCode;
  /** 1 for the first step; undefined when the definition as a whole is meant */
  readonly step: number | undefined;

  constructor(code: DefinitionErrorCode, step: number | undefined, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.step = step;
  }
}
