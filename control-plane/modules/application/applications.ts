import { Arg, Args, Ctx, ID, Query, Resolver } from "type-graphql";
import { PageArgs, pageByCreation, type Page } from "../../api/connection.ts";
import type { Context } from "../../api/context.ts";
import { read } from "../../api/scope.ts";
import { ApplicationRow } from "../../db/entities/application.ts";
import { Application, ApplicationConnection, toApplication } from "./application.type.ts";

@Resolver()
export class ApplicationQueries {
  @Query(() => Application, { nullable: true })
  application(@Arg("id", () => ID) id: string, @Ctx() context: Context): Promise<Application | null> {
    return read(context, "application.read", async ({ em }) => {
      const row = await em.findOne(ApplicationRow, { id });
      return row === null ? null : toApplication(row);
    });
  }

  @Query(() => ApplicationConnection)
  applications(@Args(() => PageArgs) page: PageArgs, @Ctx() context: Context): Promise<Page<Application>> {
    return read(context, "application.read", ({ em }) => pageByCreation(em, ApplicationRow, {}, page, toApplication));
  }
}
