import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from "type-graphql";
import { PageArgs, pageByCreation, type Page } from "../../api/connection.ts";
import type { Context } from "../../api/context.ts";
import { currentPolicy, findApplication } from "../../api/find.ts";
import { read } from "../../api/scope.ts";
import { PipelineRow } from "../../db/entities/pipeline.ts";
import { definitionProblem } from "./definition-problem.ts";
import { DefinitionProblem } from "./definition-problem.type.ts";
import { Pipeline, PipelineConnection, toPipeline } from "./pipeline.type.ts";

@Resolver(() => Pipeline)
export class PipelineQueries {
  @Query(() => Pipeline, { nullable: true })
  pipeline(@Arg("id", () => ID) id: string, @Ctx() context: Context): Promise<Pipeline | null> {
    return read(context, "pipeline.read", async ({ em }) => {
      const row = await em.findOne(PipelineRow, { id });
      return row === null ? null : toPipeline(row);
    });
  }

  @Query(() => PipelineConnection)
  pipelines(
    @Arg("application", () => ID) application: string,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() context: Context,
  ): Promise<Page<Pipeline>> {
    return read(context, "pipeline.read", async ({ em }) => {
      await findApplication(em, application);
      return pageByCreation(em, PipelineRow, { application }, page, toPipeline);
    });
  }

  @FieldResolver(() => DefinitionProblem, {
    nullable: true,
    description:
      "why the draft could not be published under the policy in force; null when it could, or without either",
  })
  draftProblem(
    @Root() { application: id, draft }: Pipeline,
    @Ctx() context: Context,
  ): Promise<DefinitionProblem | null> {
    return read(context, "pipeline.read", async ({ em }) => {
      const policy = await currentPolicy(em, id);
      if (draft === null || policy === null) return null;
      const problem = definitionProblem(draft, policy, await findApplication(em, id));
      return problem === null ? null : { reason: problem.code, step: problem.step ?? null, message: problem.message };
    });
  }
}
