import { Field, ID, ObjectType } from "type-graphql";
import type { DeliveryRow } from "../../db/entities/delivery.ts";

@ObjectType({ description: "one output that goes to one destination" })
export class Delivery {
  @Field(() => ID)
  id!: string;

  @Field(() => ID)
  pipeline!: string;

  @Field(() => String)
  output!: string;

  @Field(() => ID)
  destination!: string;
}

export const toDelivery = ({ id, pipeline, output, destination }: DeliveryRow): Delivery => ({
  id,
  pipeline,
  output,
  destination,
});
