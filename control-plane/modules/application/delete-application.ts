import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { findApplication } from "../../api/find.ts";
import { change } from "../../api/scope.ts";
import { enqueue, enqueueShares } from "../../db/outbox.ts";

@Resolver()
export class DeleteApplication {
  @Mutation(() => ID, { description: "With its sources, policies, pipelines and deliveries. Returns its id." })
  deleteApplication(@Arg("application", () => ID) id: string, @Ctx() context: Context): Promise<string> {
    return change(context, "application.delete", async ({ em, tenant, audit }) => {
      const row = await findApplication(em, id);
      await enqueueShares(em, tenant);
      await enqueue(em, { kind: "deployment", tenant, application: id });
      em.remove(row);
      audit("application.deleted", id, { name: row.name });
      return id;
    });
  }
}
