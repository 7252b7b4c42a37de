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

/** of one pipeline: all of them are compiled into one function per lane */
const MAX_EXPRESSIONS = 256;
const MAX_CHARACTERS = 64 * 1024;

/** The column that an expression over the current rows gives. */
export function expressionColumn(source: string, scope: Scope, expected?: FieldType): Column {
  const { columns, step, expressions } = scope;
  expressions.count++;
  expressions.characters += source.length;
  if (expressions.count > MAX_EXPRESSIONS || expressions.characters > MAX_CHARACTERS) {
    const most = `${MAX_EXPRESSIONS} expressions of ${MAX_CHARACTERS} characters together`;
    throw new DefinitionError("too-many-expressions", step, `Step ${step}: a pipeline has at most ${most}.`);
  }
  try {
    // the envelope is among the columns for as long as rows are events
    const { type, fields } = checkExpression(source, columns.types(), expected, { envelope: false });
    return { type, origins: columns.originsOf(fields, step) };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const { line, column, message } = error;
    const where = `Step ${step}, line ${line}, column ${column} of the expression: ${message}.`;
    throw new DefinitionError(CODES[error.code] ?? "invalid-expression", step, where, {
      cause: error,
      expression: source,
    });
  }
}
