import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { findLocked } from "../../api/find.ts";
import { newId } from "../../api/ids.ts";
import { change } from "../../api/scope.ts";
import { ApprovalRow } from "../../db/entities/approval.ts";
import { PipelineRow } from "../../db/entities/pipeline.ts";
import { Approval, toApproval } from "./approval.type.ts";
import { wantedUse } from "./pipeline-use.ts";

@Resolver()
export class RequestApproval {
  @Mutation(() => Approval, {
    description: "Asks the privacy officers for what the draft, or without one the last version, would do now.",
  })
  requestApproval(@Arg("pipeline", () => ID) id: string, @Ctx() context: Context): Promise<Approval> {
    return change(context, "pipeline.write", async ({ em, actor, tenant, audit }) => {
      const pipeline = await findLocked(em, PipelineRow, "pipeline", id);
      const { use } = await wantedUse(em, pipeline);
      // the newest request counts
      await em.nativeDelete(ApprovalRow, { pipeline: id, state: "asked" });
      const row = em.create(ApprovalRow, {
        id: newId("apr"),
        tenant,
        pipeline: id,
        use,
        state: "asked",
        askedBy: actor.id,
        askedByPerson: actor.person,
      });
      audit("approval.requested", id, { approval: row.id, use });
      return toApproval(row);
    });
  }
}
