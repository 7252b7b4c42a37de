import { randomBytes } from "node:crypto";
import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { invalid, nameOf, slugOf } from "../../api/input.ts";
import { authorise, changeAs } from "../../api/scope.ts";
import { PLATFORM_TENANT } from "../../auth/actor.ts";
import { TenantRow } from "../../db/entities/tenant.ts";
import { enqueue } from "../../db/outbox.ts";
import { secretContext } from "../../db/secret.ts";
import { Tenant, toTenant } from "./tenant.type.ts";

@Resolver()
export class CreateTenant {
  @Mutation(() => Tenant, { description: "By the platform's operator only." })
  async createTenant(
    @Arg("id", () => ID) id: string,
    @Arg("name", () => String) name: string,
    @Ctx() context: Context,
  ): Promise<Tenant> {
    const actor = await authorise(context, "tenant.create");
    slugOf("id", id);
    if (id === PLATFORM_TENANT) throw invalid("id", "is the platform's own");
    return changeAs(context, actor, id, async ({ em, services, audit }) => {
      const subjectSalt = services.secrets.seal(randomBytes(32).toString("hex"), secretContext.subjectSalt(id));
      const row = em.create(TenantRow, { id, name: nameOf(name), subjectSalt });
      await em.flush();
      await enqueue(em, { kind: "tenant", tenant: id });
      audit("tenant.created", id, { name: row.name });
      return toTenant(row);
    });
  }
}
