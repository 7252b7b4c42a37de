import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { findApplication } from "../../api/find.ts";
import { newId } from "../../api/ids.ts";
import { nameOf } from "../../api/input.ts";
import { change } from "../../api/scope.ts";
import { PipelineRow } from "../../db/entities/pipeline.ts";
import { requireQuota } from "../tenant/quotas.ts";
import { PipelineDefinitionInput, plainDefinition } from "./definition.input.ts";
import { Pipeline, toPipeline } from "./pipeline.type.ts";

@Resolver()
export class CreatePipeline {
  @Mutation(() => Pipeline, { description: "With its first draft." })
  createPipeline(
    @Arg("application", () => ID) application: string,
    @Arg("name", () => String) name: string,
    @Arg("definition", () => PipelineDefinitionInput) definition: PipelineDefinitionInput,
    @Ctx() context: Context,
  ): Promise<Pipeline> {
    return change(context, "pipeline.write", async ({ em, actor, tenant, audit }) => {
      await findApplication(em, application);
      await requireQuota(em, tenant, "pipelines", () => em.count(PipelineRow));
      const row = em.create(PipelineRow, {
        id: newId("pl"),
        tenant,
        application,
        name: nameOf(name),
        draft: plainDefinition(definition),
        draftAuthors: [actor.person],
      });
      audit("pipeline.created", row.id, { application, name: row.name, draft: row.draft });
      return toPipeline(row);
    });
  }
}
