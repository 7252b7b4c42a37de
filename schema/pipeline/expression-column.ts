import type { FieldType } from "../consent/policy.ts";
import { ExpressionError } from "../expression/error.ts";
import { checkExpression } from "../expression/parse.ts";
import type { Column } from "./columns.ts";
import { DefinitionError, type DefinitionErrorCode } from "./definition-error.ts";
import type { Scope } from "./scope.ts";

const CODES: Readonly<Record<string, DefinitionErrorCode>> = {
  EXPRESSION_UNKNOWN_FIELD: "unknown-field",
  EXPRESSION_TYPE: "type-mismatch",
};

/** The column that an expression over the current rows gives. */
export function expressionColumn(source: string, { columns, step }: Scope, expected?: FieldType): Column {
  try {
    // the envelope is among the columns for as long as rows are events
    const { type, fields } = checkExpression(source, columns.types(), expected, { envelope: false });
    return { type, origins: columns.originsOf(fields, step) };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const { line, column, message } = error;
    const where = `Step ${step}, line ${line}, column ${column} of the expression: ${message}.`;
    throw new DefinitionError(CODES[error.code] ?? "invalid-expression", step, where, { cause: error });
  }
}
