import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { find } from "../../api/find.ts";
import { change } from "../../api/scope.ts";
import { SourceRow } from "../../db/entities/source.ts";
import { enqueue } from "../../db/outbox.ts";
import { originsOf } from "./check-origins.ts";
import { claimOrigins } from "./claim-origins.ts";
import { Source, toSource } from "./source.type.ts";

@Resolver()
export class SetSourceOrigins {
  @Mutation(() => Source, { description: "Replaces the sites that may send from a browser; the keys stay." })
  setSourceOrigins(
    @Arg("source", () => ID) id: string,
    @Arg("origins", () => [String]) origins: string[],
    @Ctx() context: Context,
  ): Promise<Source> {
    return change(context, "source.write", async ({ em, tenant, audit }) => {
      const source = await find(em, SourceRow, "source", id);
      source.origins = originsOf(source.kind, origins);
      await claimOrigins(em, source);
      audit("source.origins-set", id, { origins: source.origins });
      await enqueue(em, { kind: "deployment", tenant, application: source.application });
      return toSource(source);
    });
  }
}
