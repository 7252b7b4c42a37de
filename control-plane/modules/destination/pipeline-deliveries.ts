import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { read } from "../../api/scope.ts";
import { DeliveryRow } from "../../db/entities/delivery.ts";
import { Pipeline } from "../pipeline/pipeline.type.ts";
import { Delivery, toDelivery } from "./delivery.type.ts";

@Resolver(() => Pipeline)
export class PipelineDeliveries {
  @FieldResolver(() => [Delivery])
  deliveries(@Root() { id }: Pipeline, @Ctx() context: Context): Promise<Delivery[]> {
    return read(context, "destination.read", async ({ em }) => {
      const rows = await em.find(DeliveryRow, { pipeline: id }, { orderBy: { createdAt: "asc", id: "asc" } });
      return rows.map(toDelivery);
    });
  }
}
