import type { ASTNode } from "@marcbachmann/cel-js";
import type { FieldType } from "../consent/policy.ts";
import { ExpressionError, type ExpressionErrorCode } from "./error.ts";
import type { ExpressionNode, VariableNode } from "./node.ts";

/** One check of one source. */
export interface CheckContext {
  readonly source: string;
  /** paths read so far */
  readonly fields: Set<string>;
  readonly fieldType: (path: string) => FieldType | undefined;
  /** every path that may be read */
  readonly paths: () => Iterable<string>;
  /** what the macros around have bound */
  readonly variables: ReadonlyMap<string, VariableNode>;
  /** how many bindings are around */
  readonly depth: number;
}

/** Comes in as an argument where it is called in turn. */
export type Check = (node: ASTNode, context: CheckContext) => ExpressionNode;

/** The error that `node` causes, for its caller to throw. */
export function fail(
  node: ASTNode,
  context: CheckContext,
  code: ExpressionErrorCode,
  message: string,
  details?: ConstructorParameters<typeof ExpressionError>[4],
): ExpressionError {
  return new ExpressionError(code, message, context.source, node.start, details);
}
