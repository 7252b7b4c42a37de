export type ExpressionErrorCode =
  | "EXPRESSION_SYNTAX"
  | "EXPRESSION_TOO_LARGE"
  | "EXPRESSION_UNKNOWN_FIELD"
  | "EXPRESSION_UNSUPPORTED"
  | "EXPRESSION_TYPE"
  | "EXPRESSION_PATTERN";

/** Why an expression can't be used, and where in its source: line and column count from 1. */
export class ExpressionError extends Error {
  readonly code: ExpressionErrorCode;
  readonly line: number;
  readonly column: number;

  constructor(code: ExpressionErrorCode, message: string, source: string, offset: number, cause?: unknown) {
    super(message, { cause });
    this.name = "ExpressionError";
    this.code = code;
    const before = source.slice(0, offset).split("\n");
    this.line = before.length;
    this.column = (before.at(-1)?.length ?? 0) + 1;
  }
}
