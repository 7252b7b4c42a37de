import { LockMode } from "@mikro-orm/core";
import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { findApplication } from "../../api/find.ts";
import { newId } from "../../api/ids.ts";
import { nameOf } from "../../api/input.ts";
import { change } from "../../api/scope.ts";
import { PipelineRow } from "../../db/entities/pipeline.ts";
import { PipelineDefinitionInput, plainDefinition } from "./definition.input.ts";
import { Pipeline, toPipeline } from "./pipeline.type.ts";

@Resolver()
export class SavePipelineDraft {
  @Mutation(() => Pipeline, {
    description:
      "Makes or replaces the draft of the application's pipeline of this name; see `draftProblem` for what it lacks.",
  })
  savePipelineDraft(
    @Arg("application", () => ID) application: string,
    @Arg("name", () => String) name: string,
    @Arg("definition", () => PipelineDefinitionInput) definition: PipelineDefinitionInput,
    @Ctx() context: Context,
  ): Promise<Pipeline> {
    return change(context, "pipeline.write", async ({ em, actor, tenant, audit }) => {
      await findApplication(em, application);
      const key = { application, name: nameOf(name) };
      const row =
        (await em.findOne(PipelineRow, key, { lockMode: LockMode.PESSIMISTIC_WRITE })) ??
        em.create(PipelineRow, { id: newId("pl"), tenant, ...key });
      row.draft = plainDefinition(definition);
      row.draftAuthors = [...new Set([...row.draftAuthors, actor.person])];
      audit("pipeline.draft-saved", row.id, { draft: row.draft });
      return toPipeline(row);
    });
  }
}
