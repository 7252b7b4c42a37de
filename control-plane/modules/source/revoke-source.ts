import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { find } from "../../api/find.ts";
import { change } from "../../api/scope.ts";
import { SourceRow } from "../../db/entities/source.ts";
import { enqueue } from "../../db/outbox.ts";
import { Source, toSource } from "./source.type.ts";

@Resolver()
export class RevokeSource {
  @Mutation(() => Source, { description: "The data owner takes the grant back: every request is answered 403." })
  revokeSource(@Arg("source", () => ID) id: string, @Ctx() context: Context): Promise<Source> {
    return change(context, "source.grant", async ({ em, tenant, audit }) => {
      const source = await find(em, SourceRow, "source", id);
      source.granted = false;
      source.grantPurposes = [];
      audit("source.revoked", id);
      await enqueue(em, { kind: "deployment", tenant, application: source.application });
      return toSource(source);
    });
  }
}
