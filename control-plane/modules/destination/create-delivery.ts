import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { find, findLocked } from "../../api/find.ts";
import { newId } from "../../api/ids.ts";
import { change } from "../../api/scope.ts";
import { ApplicationRow } from "../../db/entities/application.ts";
import { DeliveryRow } from "../../db/entities/delivery.ts";
import { DestinationRow } from "../../db/entities/destination.ts";
import { PipelineRow } from "../../db/entities/pipeline.ts";
import { enqueue } from "../../db/outbox.ts";
import { ApiError } from "../../errors/api-error.ts";
import { knownOutputs } from "../pipeline/known-outputs.ts";
import { checkDestinationPurposes } from "../pipeline/check-destination-purposes.ts";
import { Delivery, toDelivery } from "./delivery.type.ts";

@Resolver()
export class CreateDelivery {
  @Mutation(() => Delivery, {
    description:
      "The output may be one of the draft's. It begins once that is published and a privacy officer, not who made it, " +
      "has approved the destination (approvePipeline).",
  })
  createDelivery(
    @Arg("pipeline", () => ID) pipeline: string,
    @Arg("output", () => String) output: string,
    @Arg("destination", () => ID) destination: string,
    @Ctx() context: Context,
  ): Promise<Delivery> {
    return change(context, "destination.write", async ({ em, actor, tenant, audit }) => {
      const { application } = await find(em, PipelineRow, "pipeline", pipeline);
      await findLocked(em, ApplicationRow, "application", application);
      const owner = await findLocked(em, PipelineRow, "pipeline", pipeline);
      if (!(await knownOutputs(em, owner)).has(output)) throw new ApiError("NOT_FOUND", { kind: "output", id: output });
      const { purposes } = await find(em, DestinationRow, "destination", destination);
      await checkDestinationPurposes(em, owner, output, purposes);
      const row = em.create(DeliveryRow, {
        id: newId("dlv"),
        tenant,
        application,
        pipeline,
        output,
        destination,
        createdByPerson: actor.person,
      });
      await em.flush();
      await enqueue(em, { kind: "deployment", tenant, application });
      audit("delivery.created", row.id, { pipeline, output, destination });
      return toDelivery(row);
    });
  }
}
