import type { PipelineDefinition } from "@o2mc/schema/pipeline/definition.ts";
import { ExpressionError } from "@o2mc/schema/expression/error.ts";
import { checkDefinition, type CheckedDefinition, type Surroundings } from "@o2mc/schema/pipeline/check.ts";
import { DefinitionError } from "@o2mc/schema/pipeline/definition-error.ts";
import type { Policy } from "@o2mc/schema/consent/policy.ts";
import { ApiError } from "../../errors/api-error.ts";

/** Why the definition cannot run under the policy; null when it can. */
export function definitionProblem(
  definition: PipelineDefinition,
  policy: Policy,
  application: Surroundings,
): DefinitionError | null {
  try {
    checkDefinition(definition, policy, application);
    return null;
  } catch (error) {
    if (error instanceof DefinitionError) return error;
    throw error;
  }
}

/** The definition with its defaults and types; throws DEFINITION_INVALID with reason, step and place in an expression when it can't run. */
export function checkedDefinition(
  definition: PipelineDefinition,
  policy: Policy,
  application: Surroundings,
): CheckedDefinition {
  try {
    return checkDefinition(definition, policy, application);
  } catch (error) {
    throw invalidDefinition(error);
  }
}

/** What to throw for an error of the checker; another error is itself. */
export function invalidDefinition(error: unknown): unknown {
  if (!(error instanceof DefinitionError)) return error;
  return new ApiError(
    "DEFINITION_INVALID",
    { problem: error.message },
    { cause: error, extensions: { reason: error.code, step: error.step ?? null, ...inExpression(error.cause) } },
  );
}

/** What an editor needs to mark the place in the expression and to offer what is near. */
function inExpression(cause: unknown): object {
  if (!(cause instanceof ExpressionError)) return {};
  const { code, line, column, expected = null, found = null, near = null } = cause;
  return { expression: { code, line, column, expected, found, near } };
}
