import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { find } from "../../api/find.ts";
import { change } from "../../api/scope.ts";
import { DeliveryRow } from "../../db/entities/delivery.ts";
import { enqueue } from "../../db/outbox.ts";

@Resolver()
export class DeleteDelivery {
  @Mutation(() => ID, { description: "Returns its id." })
  deleteDelivery(@Arg("delivery", () => ID) id: string, @Ctx() context: Context): Promise<string> {
    return change(context, "destination.write", async ({ em, tenant, audit }) => {
      const row = await find(em, DeliveryRow, "delivery", id);
      const { application, pipeline, output, destination } = row;
      em.remove(row);
      await enqueue(em, { kind: "deployment", tenant, application });
      audit("delivery.deleted", id, { pipeline, output, destination });
      return id;
    });
  }
}
