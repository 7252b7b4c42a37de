import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { currentPolicy, find } from "../../api/find.ts";
import { invalid } from "../../api/input.ts";
import { change } from "../../api/scope.ts";
import { SourceRow } from "../../db/entities/source.ts";
import { enqueue } from "../../db/outbox.ts";
import { ApiError } from "../../errors/api-error.ts";
import { Source, toSource } from "./source.type.ts";

@Resolver()
export class GrantSource {
  @Mutation(() => Source, { description: "The data owner permits the source as a whole for these purposes." })
  grantSource(
    @Arg("source", () => ID) id: string,
    @Arg("purposes", () => [String]) purposes: string[],
    @Ctx() context: Context,
  ): Promise<Source> {
    return change(context, "source.grant", async ({ em, tenant, audit }) => {
      const source = await find(em, SourceRow, "source", id);
      const policy = await currentPolicy(em, source.application);
      if (policy === null) throw new ApiError("POLICY_MISSING");
      if (purposes.length === 0) throw invalid("purposes", "must name at least one; revokeSource takes the grant back");
      const unknown = purposes.find((name) => policy.purposes.every((purpose) => purpose.name !== name));
      if (unknown !== undefined) throw invalid("purposes", `name ${JSON.stringify(unknown)}, which the policy has not`);
      source.granted = true;
      source.grantPurposes = [...new Set(purposes)].sort();
      audit("source.granted", id, { purposes: source.grantPurposes });
      await enqueue(em, { kind: "deployment", tenant, application: source.application });
      return toSource(source);
    });
  }
}
