import { Arg, Ctx, FieldResolver, ID, Query, Resolver, Root } from "type-graphql";
import { isApproved } from "@o2mc/schema/pipeline/use.ts";
import type { Context } from "../../api/context.ts";
import { findApplication } from "../../api/find.ts";
import { read } from "../../api/scope.ts";
import { ApprovalRow } from "../../db/entities/approval.ts";
import { PipelineRow } from "../../db/entities/pipeline.ts";
import type { EntityManager } from "../../db/orm.ts";
import { ApiError } from "../../errors/api-error.ts";
import { Approval, PipelineUseModel, toApproval, toPipelineUse } from "./approval.type.ts";
import { approvedUses, unapprovedPart, wantedUse, type WantedUse } from "./pipeline-use.ts";
import { Pipeline } from "./pipeline.type.ts";

const NOTHING_TO_RUN = new Set(["DRAFT_MISSING", "POLICY_MISSING", "DEFINITION_INVALID"]);

@Resolver(() => Pipeline)
export class PipelineApprovals {
  @Query(() => [Approval], { description: "what developers have asked for and nobody has decided, oldest first" })
  approvalRequests(@Arg("application", () => ID) application: string, @Ctx() context: Context): Promise<Approval[]> {
    return read(context, "pipeline.read", async ({ em }) => {
      await findApplication(em, application);
      const pipelines = (await em.find(PipelineRow, { application })).map(({ id }) => id);
      const oldestFirst = { orderBy: { createdAt: "asc", id: "asc" } } as const;
      const rows = await em.find(ApprovalRow, { pipeline: { $in: pipelines }, state: "asked" }, oldestFirst);
      return rows.map(toApproval);
    });
  }

  @FieldResolver(() => [Approval], { description: "newest first, at most 50" })
  approvals(@Root() { id }: Pipeline, @Ctx() context: Context): Promise<Approval[]> {
    return read(context, "pipeline.read", async ({ em }) => {
      const newestFirst = { orderBy: { createdAt: "desc", id: "desc" }, limit: 50 } as const;
      return (await em.find(ApprovalRow, { pipeline: id }, newestFirst)).map(toApproval);
    });
  }

  @FieldResolver(() => [[String]], { description: "the sets of purposes that a privacy officer has approved for it" })
  approvedPurposes(@Root() { id }: Pipeline, @Ctx() context: Context): Promise<string[][]> {
    return read(context, "pipeline.read", async ({ em }) => {
      const sets = new Set((await approvedUses(em, id)).map(({ purposes }) => purposes.join("+")));
      return [...sets].sort().map((set) => set.split("+"));
    });
  }

  @FieldResolver(() => PipelineUseModel, {
    nullable: true,
    description: "all that the draft, or without one the last version, would do; null when it could not run",
  })
  use(@Root() { id }: Pipeline, @Ctx() context: Context): Promise<PipelineUseModel | null> {
    return read(context, "pipeline.read", async ({ em }) => {
      const wanted = await wantedOf(em, id);
      return wanted === null ? null : toPipelineUse(wanted.use);
    });
  }

  @FieldResolver(() => PipelineUseModel, {
    nullable: true,
    description: "what of `use` no approval permits yet; null when all is approved, or nothing could run",
  })
  unapprovedUse(@Root() { id }: Pipeline, @Ctx() context: Context): Promise<PipelineUseModel | null> {
    return read(context, "pipeline.read", async ({ em }) => {
      const wanted = await wantedOf(em, id);
      const approvals = await approvedUses(em, id);
      if (wanted === null || isApproved(approvals, wanted.use)) return null;
      return toPipelineUse(unapprovedPart(approvals, wanted.use));
    });
  }
}

async function wantedOf(em: EntityManager, id: string): Promise<WantedUse | null> {
  try {
    return await wantedUse(em, await em.findOneOrFail(PipelineRow, { id }));
  } catch (error) {
    if (error instanceof ApiError && NOTHING_TO_RUN.has(error.code)) return null;
    throw error;
  }
}
