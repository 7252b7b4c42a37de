import { Arg, Ctx, ID, Int, Query, Resolver } from "type-graphql";
import { policyDiff } from "@o2mc/schema/consent/policy-diff.ts";
import type { Context } from "../../api/context.ts";
import { findApplication } from "../../api/find.ts";
import { read } from "../../api/scope.ts";
import { PolicyRow } from "../../db/entities/policy.ts";
import { ApiError } from "../../errors/api-error.ts";
import { PolicyChangeModel } from "./policy-change.type.ts";

@Resolver()
export class PolicyDiff {
  @Query(() => [PolicyChangeModel], { description: "what is other in version `to` than in version `from`" })
  policyDiff(
    @Arg("application", () => ID) application: string,
    @Arg("from", () => Int) from: number,
    @Arg("to", () => Int) to: number,
    @Ctx() context: Context,
  ): Promise<readonly PolicyChangeModel[]> {
    return read(context, "policy.read", async ({ em }) => {
      await findApplication(em, application);
      const version = async (number: number): Promise<PolicyRow> => {
        const row = await em.findOne(PolicyRow, { application, version: number });
        if (row === null) throw new ApiError("NOT_FOUND", { kind: "policy version", id: String(number) });
        return row;
      };
      return policyDiff(await version(from), await version(to));
    });
  }
}
