import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { find } from "../../api/find.ts";
import { change } from "../../api/scope.ts";
import { PipelineRow } from "../../db/entities/pipeline.ts";
import { enqueue } from "../../db/outbox.ts";

@Resolver()
export class DeletePipeline {
  @Mutation(() => ID, { description: "With its versions, approvals and deliveries. Returns its id." })
  deletePipeline(@Arg("pipeline", () => ID) id: string, @Ctx() context: Context): Promise<string> {
    return change(context, "pipeline.write", async ({ em, tenant, audit }) => {
      const pipeline = await find(em, PipelineRow, "pipeline", id);
      await enqueue(em, { kind: "deployment", tenant, application: pipeline.application });
      em.remove(pipeline);
      audit("pipeline.deleted", id, { name: pipeline.name });
      return id;
    });
  }
}
