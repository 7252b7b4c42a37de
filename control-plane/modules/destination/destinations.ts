import { Arg, Args, Ctx, ID, Query, Resolver } from "type-graphql";
import { PageArgs, pageByCreation, type Page } from "../../api/connection.ts";
import type { Context } from "../../api/context.ts";
import { read } from "../../api/scope.ts";
import { DestinationRow } from "../../db/entities/destination.ts";
import { Destination, DestinationConnection, toDestination } from "./destination.type.ts";

@Resolver()
export class DestinationQueries {
  @Query(() => Destination, { nullable: true })
  destination(@Arg("id", () => ID) id: string, @Ctx() context: Context): Promise<Destination | null> {
    return read(context, "destination.read", async ({ em, services }) => {
      const row = await em.findOne(DestinationRow, { id });
      return row === null ? null : toDestination(row, services.secrets);
    });
  }

  @Query(() => DestinationConnection)
  destinations(@Args(() => PageArgs) page: PageArgs, @Ctx() context: Context): Promise<Page<Destination>> {
    return read(context, "destination.read", ({ em, services }) =>
      pageByCreation(em, DestinationRow, {}, page, (row) => toDestination(row, services.secrets)),
    );
  }
}
