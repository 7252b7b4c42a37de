import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { currentPolicy } from "../../api/find.ts";
import { read } from "../../api/scope.ts";
import { PolicyRow } from "../../db/entities/policy.ts";
import { Application } from "../application/application.type.ts";
import { Policy, toPolicy } from "./policy.type.ts";

@Resolver(() => Application)
export class ApplicationPolicy {
  @FieldResolver(() => Policy, { nullable: true, description: "the consent policy in force" })
  policy(@Root() application: Application, @Ctx() context: Context): Promise<Policy | null> {
    return read(context, "policy.read", async ({ em }) => {
      const row = await currentPolicy(em, application.id);
      return row === null ? null : toPolicy(row);
    });
  }

  @FieldResolver(() => [Policy], { description: "every version, newest first, at most 50" })
  policyVersions(@Root() application: Application, @Ctx() context: Context): Promise<Policy[]> {
    return read(context, "policy.read", async ({ em }) => {
      const newestFirst = { orderBy: { version: "desc" }, limit: 50 } as const;
      return (await em.find(PolicyRow, { application: application.id }, newestFirst)).map(toPolicy);
    });
  }
}
