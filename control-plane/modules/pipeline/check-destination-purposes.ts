import { checkUse } from "@o2mc/schema/pipeline/check-use.ts";
import type { CheckedDefinition } from "@o2mc/schema/pipeline/check.ts";
import { currentPolicy, findApplication } from "../../api/find.ts";
import { DeliveryRow } from "../../db/entities/delivery.ts";
import { DestinationRow } from "../../db/entities/destination.ts";
import type { PipelineRow } from "../../db/entities/pipeline.ts";
import { PipelineVersionRow } from "../../db/entities/pipeline-version.ts";
import type { EntityManager } from "../../db/orm.ts";
import { checkedDefinition, definitionProblem, invalidDefinition } from "./definition-problem.ts";

/** Throws DEFINITION_INVALID when the pipeline's output, as drafted or as published, may not be used for `purposes`. */
export async function checkDestinationPurposes(
  em: EntityManager,
  pipeline: PipelineRow,
  output: string,
  purposes: readonly string[] | null,
): Promise<void> {
  const policy = await currentPolicy(em, pipeline.application);
  if (purposes === null || policy === null) return;
  const application = await findApplication(em, pipeline.application);
  const { id, draft, publishedVersion: version } = pipeline;
  const published = version === null ? null : await em.findOneOrFail(PipelineVersionRow, { pipeline: id, version });
  for (const definition of [draft, published?.definition ?? null]) {
    // what does not pass its own check runs nowhere
    if (definition === null || definitionProblem(definition, policy, application) !== null) continue;
    requireUse(checkedDefinition(definition, policy, application), output, purposes);
  }
}

/** The same of all deliveries that the pipeline has, when `checked` is to run. */
export async function checkAllDestinationPurposes(
  em: EntityManager,
  pipeline: string,
  checked: CheckedDefinition,
): Promise<void> {
  const deliveries = await em.find(DeliveryRow, { pipeline });
  const destinations = await em.find(DestinationRow, { id: { $in: deliveries.map(({ destination }) => destination) } });
  for (const { output, destination } of deliveries) {
    const purposes = destinations.find(({ id }) => id === destination)?.purposes ?? null;
    if (purposes !== null) requireUse(checked, output, purposes);
  }
}

function requireUse({ outputs }: CheckedDefinition, output: string, purposes: readonly string[]): void {
  const type = outputs.find(({ name }) => name === output);
  if (type === undefined) return;
  try {
    checkUse(type, purposes);
  } catch (error) {
    throw invalidDefinition(error);
  }
}
