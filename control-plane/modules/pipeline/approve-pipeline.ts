import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import { laneId } from "@o2mc/schema/subjects.ts";
import type { Context } from "../../api/context.ts";
import { find, findLocked } from "../../api/find.ts";
import { newId } from "../../api/ids.ts";
import { change } from "../../api/scope.ts";
import { ApplicationRow } from "../../db/entities/application.ts";
import { ApprovalRow } from "../../db/entities/approval.ts";
import { PipelineRow } from "../../db/entities/pipeline.ts";
import { enqueue } from "../../db/outbox.ts";
import { ApiError } from "../../errors/api-error.ts";
import { Approval, toApproval } from "./approval.type.ts";
import { fingerprint, wantedUse } from "./pipeline-use.ts";

@Resolver()
export class ApprovePipeline {
  @Mutation(() => Approval, {
    description:
      "A privacy officer permits what the draft, or without one the last version, would do: its purposes, the fields that " +
      "it reads and discloses, its destinations. What does no more later needs no other approval. Never by someone who " +
      "wrote at the draft, made one of the new deliveries or asked for it.",
  })
  approvePipeline(
    @Arg("pipeline", () => ID) id: string,
    @Arg("purposes", () => [String], {
      nullable: true,
      description: "what the approver has seen; refused when the draft has changed since",
    })
    purposes: string[] | null,
    @Arg("seen", () => String, {
      nullable: true,
      description: "fingerprint of the use that the approver has seen; refused when it is another by now",
    })
    seen: string | null,
    @Ctx() context: Context,
  ): Promise<Approval> {
    return change(context, "pipeline.approve", async ({ em, actor, tenant, audit }) => {
      const { application } = await find(em, PipelineRow, "pipeline", id);
      await findLocked(em, ApplicationRow, "application", application);
      const pipeline = await findLocked(em, PipelineRow, "pipeline", id);
      const { use, authors } = await wantedUse(em, pipeline);
      const asked = await em.findOne(ApprovalRow, { pipeline: id, state: "asked" });
      if (authors.has(actor.person) || asked?.askedByPerson === actor.person) throw new ApiError("APPROVAL_OWN_DRAFT");
      if (purposes != null && (purposes.length === 0 || laneId(purposes) !== laneId(use.purposes))) {
        throw new ApiError("DRAFT_CHANGED");
      }
      if (seen != null && seen !== fingerprint(use)) throw new ApiError("DRAFT_CHANGED");
      const row = asked ?? em.create(ApprovalRow, { id: newId("apr"), tenant, pipeline: id, use, state: "approved" });
      Object.assign(row, { use, state: "approved", decidedBy: actor.id, decidedAt: new Date() });
      audit("pipeline.approved", id, { approval: row.id, use });
      await em.flush();
      // a delivery may have waited for it
      if (pipeline.publishedVersion !== null) await enqueue(em, { kind: "deployment", tenant, application });
      return toApproval(row);
    });
  }
}
