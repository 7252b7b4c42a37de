import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from "type-graphql";
import { PageArgs, pageByCreation, type Page } from "../../api/connection.ts";
import type { Context } from "../../api/context.ts";
import { find, findApplication } from "../../api/find.ts";
import { read } from "../../api/scope.ts";
import { ErasurePartRow } from "../../db/entities/erasure-part.ts";
import { ErasureRow } from "../../db/entities/erasure.ts";
import { Erasure, ErasureConnection, ErasurePart, toErasure, toErasurePart } from "./erasure.type.ts";

@Resolver(() => Erasure)
export class ErasureQueries {
  @Query(() => Erasure)
  erasure(@Arg("id", () => ID) id: string, @Ctx() context: Context): Promise<Erasure> {
    return read(context, "erasure.read", async ({ em }) => toErasure(await find(em, ErasureRow, "erasure", id)));
  }

  @Query(() => ErasureConnection)
  erasures(
    @Arg("application", () => ID) application: string,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() context: Context,
  ): Promise<Page<Erasure>> {
    return read(context, "erasure.read", async ({ em }) => {
      await findApplication(em, application);
      return pageByCreation(em, ErasureRow, { application }, page, toErasure);
    });
  }

  @FieldResolver(() => [ErasurePart])
  parts(@Root() { id }: Erasure, @Ctx() context: Context): Promise<ErasurePart[]> {
    return read(context, "erasure.read", async ({ em }) => {
      const oldestFirst = { orderBy: { createdAt: "asc", id: "asc" } } as const;
      return (await em.find(ErasurePartRow, { erasure: id }, oldestFirst)).map(toErasurePart);
    });
  }
}
