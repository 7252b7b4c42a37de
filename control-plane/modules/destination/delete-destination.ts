import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { findLocked } from "../../api/find.ts";
import { change } from "../../api/scope.ts";
import { DeliveryRow } from "../../db/entities/delivery.ts";
import { DestinationRow } from "../../db/entities/destination.ts";
import { enqueue } from "../../db/outbox.ts";
import { ApiError } from "../../errors/api-error.ts";

@Resolver()
export class DeleteDestination {
  @Mutation(() => ID, { description: "Refused while a delivery uses it. Returns its id." })
  deleteDestination(@Arg("destination", () => ID) id: string, @Ctx() context: Context): Promise<string> {
    return change(context, "destination.write", async ({ em, tenant, audit }) => {
      const row = await findLocked(em, DestinationRow, "destination", id);
      const delivery = await em.findOne(DeliveryRow, { destination: id });
      if (delivery !== null) throw new ApiError("IN_USE", { kind: "destination", by: `delivery ${delivery.id}` });
      em.remove(row);
      await enqueue(em, { kind: "destination", tenant, destination: id, deleted: true });
      audit("destination.deleted", id, { name: row.name });
      return id;
    });
  }
}
