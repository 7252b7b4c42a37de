import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import type { CheckedDefinition } from "@o2mc/schema/pipeline/check.ts";
import { isApproved, useOf } from "@o2mc/schema/pipeline/use.ts";
import type { Context } from "../../api/context.ts";
import { currentPolicy, find, findLocked } from "../../api/find.ts";
import { newId } from "../../api/ids.ts";
import { change } from "../../api/scope.ts";
import { ApplicationRow } from "../../db/entities/application.ts";
import { DeliveryRow } from "../../db/entities/delivery.ts";
import { PipelineRow } from "../../db/entities/pipeline.ts";
import { PipelineVersionRow } from "../../db/entities/pipeline-version.ts";
import type { EntityManager } from "../../db/orm.ts";
import { enqueue } from "../../db/outbox.ts";
import { ApiError } from "../../errors/api-error.ts";
import { checkAllDestinationPurposes } from "./check-destination-purposes.ts";
import { checkedDefinition } from "./definition-problem.ts";
import { approvedUses, unapprovedPart } from "./pipeline-use.ts";
import { Pipeline, toPipeline } from "./pipeline.type.ts";

@Resolver()
export class PublishPipeline {
  @Mutation(() => Pipeline, {
    description: "Makes the draft, or after unpublishPipeline the last version again, the version that runs.",
  })
  publishPipeline(@Arg("pipeline", () => ID) id: string, @Ctx() context: Context): Promise<Pipeline> {
    return change(context, "pipeline.publish", async ({ em, actor, tenant, audit }) => {
      const { application: applicationId } = await find(em, PipelineRow, "pipeline", id);
      const application = await findLocked(em, ApplicationRow, "application", applicationId);
      const pipeline = await findLocked(em, PipelineRow, "pipeline", id);
      const last = await lastVersion(em, id);
      const written = pipeline.draft ?? (pipeline.publishedVersion === null ? last?.definition : undefined);
      if (written === undefined) throw new ApiError("DRAFT_MISSING");
      const policy = await currentPolicy(em, applicationId);
      if (policy === null) throw new ApiError("POLICY_MISSING");
      // a version holds every default, so that it stays what it was when a default changes
      const checked = checkedDefinition(written, policy, application);
      const { definition, outputs } = checked;
      await requireApproval(em, id, checked);
      await checkAllDestinationPurposes(em, id, checked);
      await requireDeliveredOutputs(
        em,
        id,
        outputs.map((output) => output.name),
      );
      const since = await enqueue(em, { kind: "deployment", tenant, application: applicationId });
      const version = (last?.version ?? 0) + 1;
      em.create(PipelineVersionRow, {
        id: newId("plv"),
        tenant,
        pipeline: id,
        version,
        definition,
        outputs,
        since,
        authors: pipeline.draft === null ? (last?.authors ?? []) : pipeline.draftAuthors,
        publishedBy: actor.id,
      });
      pipeline.publishedVersion = version;
      pipeline.draft = null;
      pipeline.draftAuthors = [];
      audit("pipeline.published", id, { version, purposes: definition.purposes });
      return toPipeline(pipeline);
    });
  }
}

async function lastVersion(em: EntityManager, pipeline: string): Promise<PipelineVersionRow | undefined> {
  const [row] = await em.find(PipelineVersionRow, { pipeline }, { orderBy: { version: "desc" }, limit: 1 });
  return row;
}

/** Deliveries may wait for an approval of their own; the pipeline itself may not run without. */
async function requireApproval(em: EntityManager, pipeline: string, checked: CheckedDefinition): Promise<void> {
  const approvals = await approvedUses(em, pipeline);
  const wanted = useOf(checked, []);
  if (isApproved(approvals, wanted)) return;
  const { reads, discloses } = unapprovedPart(approvals, wanted);
  throw new ApiError(
    "APPROVAL_MISSING",
    { purposes: wanted.purposes.join(", ") },
    { extensions: { reads, discloses: discloses.map(({ field }) => field) } },
  );
}

async function requireDeliveredOutputs(em: EntityManager, pipeline: string, outputs: readonly string[]): Promise<void> {
  const orphan = await em.findOne(DeliveryRow, { pipeline, output: { $nin: [...outputs] } });
  if (orphan === null) return;
  throw new ApiError("IN_USE", { kind: `output ${orphan.output}`, by: `delivery ${orphan.id}` });
}
