import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { find, findLocked } from "../../api/find.ts";
import { change } from "../../api/scope.ts";
import { ApplicationRow } from "../../db/entities/application.ts";
import { ApprovalRow } from "../../db/entities/approval.ts";
import { PipelineRow } from "../../db/entities/pipeline.ts";
import { enqueue } from "../../db/outbox.ts";
import { Approval, toApproval } from "./approval.type.ts";

@Resolver()
export class RevokeApproval {
  @Mutation(() => Approval, {
    description: "Refuses what was asked for, or takes an approval back: what no other approval permits stops at once.",
  })
  revokeApproval(@Arg("approval", () => ID) id: string, @Ctx() context: Context): Promise<Approval> {
    return change(context, "pipeline.approve", async ({ em, actor, tenant, audit }) => {
      const { pipeline } = await find(em, ApprovalRow, "approval", id);
      const { application } = await find(em, PipelineRow, "pipeline", pipeline);
      await findLocked(em, ApplicationRow, "application", application);
      const row = await findLocked(em, ApprovalRow, "approval", id);
      audit("approval.revoked", pipeline, { approval: id, was: row.state });
      Object.assign(row, { state: "revoked", decidedBy: actor.id, decidedAt: new Date() });
      await em.flush();
      await enqueue(em, { kind: "deployment", tenant, application });
      return toApproval(row);
    });
  }
}
