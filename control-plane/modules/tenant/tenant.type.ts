import { Field, Float, ID, Int, ObjectType } from "type-graphql";
import type { Quotas, TenantRow } from "../../db/entities/tenant.ts";

@ObjectType({ description: "null: not limited" })
class TenantQuotas {
  @Field(() => Int, { nullable: true })
  sources?: number;

  @Field(() => Int, { nullable: true })
  pipelines?: number;

  @Field(() => Int, { nullable: true })
  subscribers?: number;

  @Field(() => Float, { nullable: true })
  eventsPerSecond?: number;

  @Field(() => Float, { nullable: true })
  stateBytes?: number;
}

@ObjectType()
export class Tenant {
  @Field(() => ID)
  id!: string;

  @Field(() => String)
  name!: string;

  @Field(() => TenantQuotas, { description: "set by the platform's operator" })
  quotas!: Quotas;
}

export const toTenant = ({ id, name, quotas }: TenantRow): Tenant => ({ id, name, quotas });
