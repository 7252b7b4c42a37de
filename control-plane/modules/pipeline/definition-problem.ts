import type { PipelineDefinition } from "@o2mc/schema/pipeline/definition.ts";
import { checkDefinition } from "@o2mc/schema/pipeline/check.ts";
import { DefinitionError } from "@o2mc/schema/pipeline/definition-error.ts";
import type { OutputType } from "@o2mc/schema/pipeline/types.ts";
import type { Policy } from "@o2mc/schema/consent/policy.ts";
import { ApiError } from "../../errors/api-error.ts";

interface Partitioned {
  readonly partitions: number;
}

/** Why the definition cannot run under the policy; null when it can. */
export function definitionProblem(
  definition: PipelineDefinition,
  policy: Policy,
  application: Partitioned,
): DefinitionError | null {
  try {
    checkDefinition(definition, policy, application);
    return null;
  } catch (error) {
    if (error instanceof DefinitionError) return error;
    throw error;
  }
}

/** The outputs of a definition that passes its check; throws DEFINITION_INVALID with reason and step otherwise. */
export function checkedOutputs(
  definition: PipelineDefinition,
  policy: Policy,
  application: Partitioned,
): readonly OutputType[] {
  const problem = definitionProblem(definition, policy, application);
  if (problem === null) return checkDefinition(definition, policy, application).outputs;
  throw new ApiError(
    "DEFINITION_INVALID",
    { problem: problem.message },
    { cause: problem, extensions: { reason: problem.code, step: problem.step ?? null } },
  );
}
