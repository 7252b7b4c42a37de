import type { Policy } from "@o2mc/schema/consent/policy.ts";
import { checkDefinition } from "@o2mc/schema/pipeline/check.ts";
import { isApproved, useOf } from "@o2mc/schema/pipeline/use.ts";
import type { ApplicationRow } from "../../db/entities/application.ts";
import type { PipelineVersionRow } from "../../db/entities/pipeline-version.ts";
import type { EntityManager } from "../../db/orm.ts";
import { definitionProblem } from "../pipeline/definition-problem.ts";
import type { DefinitionProblem } from "../pipeline/definition-problem.type.ts";
import { approvedUses, unapprovedPart } from "../pipeline/pipeline-use.ts";

/** Why a published pipeline may not go on under a policy; null when it may. */
export async function stoppingProblem(
  em: EntityManager,
  pipeline: string,
  { definition, outputs }: Pick<PipelineVersionRow, "definition" | "outputs">,
  policy: Policy,
  { partitions }: ApplicationRow,
): Promise<DefinitionProblem | null> {
  const runs = { partitions, published: outputs };
  const problem = definitionProblem(definition, policy, runs);
  if (problem !== null) return { reason: problem.code, step: problem.step ?? null, message: problem.message };
  const wanted = useOf(checkDefinition(definition, policy, runs), []);
  const approvals = await approvedUses(em, pipeline);
  if (isApproved(approvals, wanted)) return null;
  const { reads, discloses } = unapprovedPart(approvals, wanted);
  const fields = [...new Set([...reads, ...discloses.map(({ field }) => field)])].join(", ");
  return { reason: "not-approved", step: null, message: `It would do more than was approved, with ${fields}.` };
}
