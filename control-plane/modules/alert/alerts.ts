import { Arg, Ctx, ID, Query, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { findApplication } from "../../api/find.ts";
import { read } from "../../api/scope.ts";
import { AlertRow } from "../../db/entities/alert.ts";
import { Alert, toAlert } from "./alert.type.ts";

@Resolver()
export class Alerts {
  @Query(() => [Alert], { description: "newest first, at most 100: those that go on, and older ones" })
  alerts(@Arg("application", () => ID) application: string, @Ctx() context: Context): Promise<Alert[]> {
    return read(context, "pipeline.read", async ({ em }) => {
      await findApplication(em, application);
      const newestFirst = { orderBy: { raisedAt: "desc", id: "desc" }, limit: 100 } as const;
      return (await em.find(AlertRow, { application }, newestFirst)).map(toAlert);
    });
  }
}
