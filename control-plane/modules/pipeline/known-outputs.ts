import { everyStep } from "@o2mc/schema/pipeline/every-step.ts";
import type { PipelineRow } from "../../db/entities/pipeline.ts";
import { PipelineVersionRow } from "../../db/entities/pipeline-version.ts";
import type { EntityManager } from "../../db/orm.ts";

/** Names of the outputs of what runs and of the draft. */
export async function knownOutputs(em: EntityManager, pipeline: PipelineRow): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (const step of everyStep(pipeline.draft?.steps ?? [])) if ("emit" in step) names.add(step.emit.output);
  if (pipeline.publishedVersion !== null) {
    const key = { pipeline: pipeline.id, version: pipeline.publishedVersion };
    for (const output of (await em.findOneOrFail(PipelineVersionRow, key)).outputs) names.add(output.name);
  }
  return names;
}
