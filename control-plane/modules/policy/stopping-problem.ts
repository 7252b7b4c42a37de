import type { Policy } from "@o2mc/schema/consent/policy.ts";
import { checkDefinition } from "@o2mc/schema/pipeline/check.ts";
import type { PipelineDefinition } from "@o2mc/schema/pipeline/definition.ts";
import { isApproved, useOf } from "@o2mc/schema/pipeline/use.ts";
import type { ApplicationRow } from "../../db/entities/application.ts";
import type { EntityManager } from "../../db/orm.ts";
import { definitionProblem } from "../pipeline/definition-problem.ts";
import type { DefinitionProblem } from "../pipeline/definition-problem.type.ts";
import { approvedUses, unapprovedPart } from "../pipeline/pipeline-use.ts";

/** Why a published pipeline may not go on under a policy; null when it may. */
export async function stoppingProblem(
  em: EntityManager,
  pipeline: string,
  definition: PipelineDefinition,
  policy: Policy,
  application: ApplicationRow,
): Promise<DefinitionProblem | null> {
  const problem = definitionProblem(definition, policy, application);
  if (problem !== null) return { reason: problem.code, step: problem.step ?? null, message: problem.message };
  // columns that were not named are all that the purposes may see, and under another policy that may be more
  const wanted = useOf(checkDefinition(definition, policy, application), []);
  const approvals = await approvedUses(em, pipeline);
  if (isApproved(approvals, wanted)) return null;
  const { reads, discloses } = unapprovedPart(approvals, wanted);
  const fields = [...new Set([...reads, ...discloses.map(({ field }) => field)])].join(", ");
  return { reason: "not-approved", step: null, message: `It would do more than was approved, with ${fields}.` };
}
