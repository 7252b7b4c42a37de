import { Field, ID, ObjectType } from "type-graphql";
import type { TenantRow } from "../../db/entities/tenant.ts";

@ObjectType()
export class Tenant {
  @Field(() => ID)
  id!: string;

  @Field(() => String)
  name!: string;
}

export const toTenant = ({ id, name }: TenantRow): Tenant => ({ id, name });
