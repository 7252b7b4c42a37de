export type ExpressionErrorCode =
  | "EXPRESSION_SYNTAX"
  | "EXPRESSION_TOO_LARGE"
  | "EXPRESSION_UNKNOWN_FIELD"
  | "EXPRESSION_UNKNOWN_FUNCTION"
  | "EXPRESSION_UNSUPPORTED"
  | "EXPRESSION_TYPE"
  | "EXPRESSION_PATTERN";

interface ExpressionErrorDetails {
  /** types, as `FUNCTIONS.md` writes them */
  readonly expected?: string;
  readonly found?: string;
  /** the known name that is closest to the one that is not */
  readonly near?: string | undefined;
  readonly cause?: unknown;
}

/** Why an expression can't be used, and where in its source: line and column count from 1. */
export class ExpressionError extends Error {
  override readonly name = "ExpressionError";
  readonly code: ExpressionErrorCode;
  readonly line: number;
  readonly column: number;
  readonly expected: string | undefined;
  readonly found: string | undefined;
  readonly near: string | undefined;

  constructor(
    code: ExpressionErrorCode,
    message: string,
    source: string,
    offset: number,
    details: ExpressionErrorDetails = {},
  ) {
    const { expected, found, near, cause } = details;
    super(near === undefined ? message : `${message}; the nearest is ${near}`, { cause });
    this.code = code;
    const before = source.slice(0, offset).split("\n");
    this.line = before.length;
    this.column = (before.at(-1)?.length ?? 0) + 1;
    this.expected = expected;
    this.found = found;
    this.near = near;
  }
}
