import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { find, findLocked } from "../../api/find.ts";
import { change } from "../../api/scope.ts";
import { ApplicationRow } from "../../db/entities/application.ts";
import { PipelineRow } from "../../db/entities/pipeline.ts";
import { enqueue } from "../../db/outbox.ts";
import { Pipeline, toPipeline } from "./pipeline.type.ts";

@Resolver()
export class UnpublishPipeline {
  @Mutation(() => Pipeline, { description: "It runs no more; its versions stay." })
  unpublishPipeline(@Arg("pipeline", () => ID) id: string, @Ctx() context: Context): Promise<Pipeline> {
    return change(context, "pipeline.publish", async ({ em, tenant, audit }) => {
      const { application } = await find(em, PipelineRow, "pipeline", id);
      await findLocked(em, ApplicationRow, "application", application);
      const pipeline = await findLocked(em, PipelineRow, "pipeline", id);
      audit("pipeline.unpublished", id, { version: pipeline.publishedVersion });
      pipeline.publishedVersion = null;
      await enqueue(em, { kind: "deployment", tenant, application });
      return toPipeline(pipeline);
    });
  }
}
