import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from "type-graphql";
import { PageArgs, pageByCreation, type Page } from "../../api/connection.ts";
import type { Context } from "../../api/context.ts";
import { withinDeadline } from "../../api/limits/deadline.ts";
import { authorise, read } from "../../api/scope.ts";
import { DestinationRow } from "../../db/entities/destination.ts";
import { ApiError } from "../../errors/api-error.ts";
import { DestinationProblem } from "./destination-test.type.ts";
import { Destination, DestinationConnection, toDestination } from "./destination.type.ts";

@Resolver(() => Destination)
export class DestinationQueries {
  @Query(() => Destination, { nullable: true })
  destination(@Arg("id", () => ID) id: string, @Ctx() context: Context): Promise<Destination | null> {
    return read(context, "destination.read", async ({ em, services }) => {
      const row = await em.findOne(DestinationRow, { id });
      return row === null ? null : toDestination(row, services.secrets);
    });
  }

  @FieldResolver(() => DestinationProblem, {
    nullable: true,
    description: "while deliveries cannot begin there; null as well while the hub cannot be read",
  })
  async problem(@Root() { id }: Destination, @Ctx() context: Context): Promise<DestinationProblem | null> {
    const { tenant } = await authorise(context, "destination.read");
    try {
      const found = await withinDeadline(context, context.services.hub.destinationProblem(tenant, id));
      return found === null ? null : { code: found.code, message: found.message, since: new Date(found.since) };
    } catch (error) {
      if (error instanceof ApiError && error.code === "HUB_UNAVAILABLE") return null;
      throw error;
    }
  }

  @Query(() => DestinationConnection)
  destinations(@Args(() => PageArgs) page: PageArgs, @Ctx() context: Context): Promise<Page<Destination>> {
    return read(context, "destination.read", ({ em, services }) =>
      pageByCreation(em, DestinationRow, {}, page, (row) => toDestination(row, services.secrets)),
    );
  }
}
