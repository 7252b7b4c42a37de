import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { find } from "../../api/find.ts";
import { change } from "../../api/scope.ts";
import { SourceRow } from "../../db/entities/source.ts";
import { enqueue } from "../../db/outbox.ts";

@Resolver()
export class DeleteSource {
  @Mutation(() => ID, { description: "Returns its id." })
  deleteSource(@Arg("source", () => ID) id: string, @Ctx() context: Context): Promise<string> {
    return change(context, "source.write", async ({ em, tenant, audit }) => {
      const source = await find(em, SourceRow, "source", id);
      em.remove(source);
      audit("source.deleted", id, { name: source.name });
      await enqueue(em, { kind: "deployment", tenant, application: source.application });
      return id;
    });
  }
}
