import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from "type-graphql";
import { PageArgs, pageByCreation, type Page } from "../../api/connection.ts";
import type { Context } from "../../api/context.ts";
import { findApplication } from "../../api/find.ts";
import { read } from "../../api/scope.ts";
import { SourceKeyRow } from "../../db/entities/source-key.ts";
import { SourceRow } from "../../db/entities/source.ts";
import { keysUsedAt } from "./keys-used-at.ts";
import { Source, SourceConnection, SourceKey, toSource, toSourceKey } from "./source.type.ts";

@Resolver(() => Source)
export class SourceQueries {
  @Query(() => Source, { nullable: true })
  source(@Arg("id", () => ID) id: string, @Ctx() context: Context): Promise<Source | null> {
    return read(context, "source.read", async ({ em }) => {
      const row = await em.findOne(SourceRow, { id });
      return row === null ? null : toSource(row);
    });
  }

  @Query(() => SourceConnection)
  sources(
    @Arg("application", () => ID) application: string,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() context: Context,
  ): Promise<Page<Source>> {
    return read(context, "source.read", async ({ em }) => {
      await findApplication(em, application);
      return pageByCreation(em, SourceRow, { application }, page, toSource);
    });
  }

  @FieldResolver(() => [SourceKey])
  keys(@Root() source: Source, @Ctx() context: Context): Promise<SourceKey[]> {
    return read(context, "source.read", async ({ em, tenant, services }) => {
      const rows = await em.find(SourceKeyRow, { source: source.id }, { orderBy: { createdAt: "asc" } });
      const used = await keysUsedAt(services.hub, tenant, rows);
      return rows.map((row) => toSourceKey(row, used.get(row.hash) ?? null));
    });
  }
}
