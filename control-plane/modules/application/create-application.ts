import { Arg, Ctx, Int, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { newId } from "../../api/ids.ts";
import { invalid, nameOf, slugOf } from "../../api/input.ts";
import { change } from "../../api/scope.ts";
import { ApplicationRow } from "../../db/entities/application.ts";
import { enqueueShares } from "../../db/outbox.ts";
import { Application, toApplication } from "./application.type.ts";

const MAX_PARTITIONS = 64;

@Resolver()
export class CreateApplication {
  @Mutation(() => Application)
  createApplication(
    @Arg("name", () => String) name: string,
    @Arg("slug", () => String) slug: string,
    @Arg("partitions", () => Int, { defaultValue: 1, description: "cannot be changed later" }) partitions: number,
    @Ctx() context: Context,
  ): Promise<Application> {
    return change(context, "application.write", async ({ em, tenant, audit }) => {
      if (partitions < 1 || partitions > MAX_PARTITIONS) throw invalid("partitions", `must be 1 to ${MAX_PARTITIONS}`);
      // the data plane hears of an application with its first policy; until then it has nothing to run
      const row = em.create(ApplicationRow, {
        id: newId("app"),
        tenant,
        name: nameOf(name),
        slug: slugOf("slug", slug),
        partitions,
      });
      await em.flush();
      await enqueueShares(em, tenant);
      audit("application.created", row.id, { name: row.name, slug, partitions });
      return toApplication(row);
    });
  }
}
