import type { ASTNode } from "@marcbachmann/cel-js";
import type { FieldType } from "../consent/policy.ts";
import { ExpressionError, type ExpressionErrorCode } from "./error.ts";

/** One check of one source. */
export interface CheckContext {
  readonly source: string;
  /** paths read so far */
  readonly fields: Set<string>;
  readonly fieldType: (path: string) => FieldType | undefined;
}

/** The error that `node` causes, for its caller to throw. */
export function fail(node: ASTNode, context: CheckContext, code: ExpressionErrorCode, message: string) {
  return new ExpressionError(code, message, context.source, node.start);
}
