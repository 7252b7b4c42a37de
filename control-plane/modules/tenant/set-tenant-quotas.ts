import { Arg, Ctx, Field, Float, ID, InputType, Int, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { find } from "../../api/find.ts";
import { invalid } from "../../api/input.ts";
import { authorise, changeAs } from "../../api/scope.ts";
import { TenantRow, type Quotas } from "../../db/entities/tenant.ts";
import { enqueueDeployments } from "../../db/outbox.ts";
import { Tenant, toTenant } from "./tenant.type.ts";

@InputType({ description: "what is left out is not limited" })
class TenantQuotasInput {
  @Field(() => Int, { nullable: true })
  sources?: number | null;

  @Field(() => Int, { nullable: true })
  pipelines?: number | null;

  @Field(() => Int, { nullable: true, description: "open subscriptions, over all control planes" })
  subscribers?: number | null;

  @Field(() => Float, { nullable: true, description: "of all applications, at each edge process" })
  eventsPerSecond?: number | null;

  @Field(() => Float, {
    nullable: true,
    description: "in the memory of process; each application has the same share, and each of its partitions",
  })
  stateBytes?: number | null;
}

@Resolver()
export class SetTenantQuotas {
  @Mutation(() => Tenant, { description: "By the platform's operator only; replaces all of them." })
  async setTenantQuotas(
    @Arg("tenant", () => ID) id: string,
    @Arg("quotas", () => TenantQuotasInput) input: TenantQuotasInput,
    @Ctx() context: Context,
  ): Promise<Tenant> {
    const actor = await authorise(context, "tenant.quotas");
    const given = Object.entries(input).filter(
      (entry): entry is [keyof Quotas, number] => typeof entry[1] === "number",
    );
    const wrong = given.find(([, limit]) => limit < 0);
    if (wrong !== undefined) throw invalid(wrong[0], "must not be negative");
    return changeAs(context, actor, id, async ({ em, audit }) => {
      const row = await find(em, TenantRow, "tenant", id);
      row.quotas = Object.fromEntries(given);
      audit("tenant.quotas-set", id, { quotas: row.quotas });
      await enqueueDeployments(em, id);
      return toTenant(row);
    });
  }
}
