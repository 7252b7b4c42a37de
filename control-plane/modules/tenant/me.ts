import { GraphQLDateTime } from "graphql-scalars";
import { Ctx, Field, ID, ObjectType, Query, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { ACTIONS, type Action } from "../../auth/actions.ts";
import { may, PLATFORM_TENANT } from "../../auth/actor.ts";
import { TenantRow } from "../../db/entities/tenant.ts";
import { inTenant } from "../../db/orm.ts";
import { ApiError } from "../../errors/api-error.ts";
import { Tenant, toTenant } from "./tenant.type.ts";

@ObjectType()
class Me {
  @Field(() => ID)
  id!: string;

  @Field(() => String)
  name!: string;

  @Field(() => Tenant, { nullable: true, description: "null for the operator of the platform" })
  tenant!: Tenant | null;

  @Field(() => [String])
  roles!: readonly string[];

  @Field(() => [String], { description: "what this token may do" })
  actions!: readonly string[];

  @Field(() => GraphQLDateTime)
  expiresAt!: Date;
}

@Resolver()
export class MeQuery {
  @Query(() => Me)
  async me(@Ctx() context: Context): Promise<Me> {
    const actor = await context.actor();
    const row = await inTenant(context.services.orm, actor.tenant, (em) => em.findOne(TenantRow, { id: actor.tenant }));
    if (row === null && actor.tenant !== PLATFORM_TENANT) throw new ApiError("TENANT_UNKNOWN");
    return {
      id: actor.id,
      name: actor.name,
      tenant: row === null ? null : toTenant(row),
      roles: actor.kind === "person" ? actor.roles : [],
      actions: (Object.keys(ACTIONS) as Action[]).filter((action) => may(actor, action)),
      expiresAt: new Date(actor.expiresAt),
    };
  }
}
