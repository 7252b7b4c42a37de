import { GraphQLDateTime } from "graphql-scalars";
import { Arg, Ctx, Field, ID, Mutation, ObjectType, Resolver } from "type-graphql";
import { laneId } from "@o2mc/schema/subjects.ts";
import type { Context } from "../../api/context.ts";
import { currentPolicy, findApplication, findLocked } from "../../api/find.ts";
import { newId } from "../../api/ids.ts";
import { change } from "../../api/scope.ts";
import { ApprovalRow } from "../../db/entities/approval.ts";
import { PipelineRow } from "../../db/entities/pipeline.ts";
import { ApiError } from "../../errors/api-error.ts";
import { checkedDefinition } from "./definition-problem.ts";

@ObjectType()
class Approval {
  @Field(() => ID)
  id!: string;

  @Field(() => ID)
  pipeline!: string;

  @Field(() => [String])
  purposes!: readonly string[];

  @Field(() => String)
  approvedBy!: string;

  @Field(() => GraphQLDateTime)
  approvedAt!: Date;
}

@Resolver()
export class ApprovePipeline {
  @Mutation(() => Approval, {
    description:
      "A privacy officer permits the pipeline to use the purposes of its draft, once per pipeline and purposes. " +
      "Never by someone who wrote at the draft.",
  })
  approvePipeline(
    @Arg("pipeline", () => ID) id: string,
    @Arg("purposes", () => [String], {
      nullable: true,
      description: "what the approver has seen; refused when the draft has changed since",
    })
    seen: string[] | null,
    @Ctx() context: Context,
  ): Promise<Approval> {
    return change(context, "pipeline.approve", async ({ em, actor, tenant, audit }) => {
      const pipeline = await findLocked(em, PipelineRow, "pipeline", id);
      const { draft } = pipeline;
      if (draft === null) throw new ApiError("DRAFT_MISSING");
      if (pipeline.draftAuthors.includes(actor.person)) throw new ApiError("APPROVAL_OWN_DRAFT");
      const policy = await currentPolicy(em, pipeline.application);
      if (policy === null) throw new ApiError("POLICY_MISSING");
      checkedDefinition(draft, policy, await findApplication(em, pipeline.application));
      const lane = laneId(draft.purposes);
      if (seen != null && (seen.length === 0 || [...new Set(seen)].sort().join("+") !== lane)) {
        throw new ApiError("DRAFT_CHANGED");
      }
      const row =
        (await em.findOne(ApprovalRow, { pipeline: id, lane })) ??
        em.create(ApprovalRow, { id: newId("apr"), tenant, pipeline: id, lane, approvedBy: actor.id });
      audit("pipeline.approved", id, { purposes: draft.purposes });
      return {
        id: row.id,
        pipeline: id,
        purposes: draft.purposes,
        approvedBy: row.approvedBy,
        approvedAt: row.approvedAt,
      };
    });
  }
}
