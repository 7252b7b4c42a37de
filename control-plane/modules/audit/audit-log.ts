import { GraphQLDateTime, GraphQLJSONObject } from "graphql-scalars";
import { Args, Ctx, Field, ID, ObjectType, Query, Resolver } from "type-graphql";
import { connectionType, PageArgs, toPage, type Page } from "../../api/connection.ts";
import type { Context } from "../../api/context.ts";
import { read } from "../../api/scope.ts";
import { AuditEntryRow } from "../../db/entities/audit-entry.ts";
import { ApiError } from "../../errors/api-error.ts";

@ObjectType()
class AuditEntry {
  @Field(() => ID)
  id!: string;

  @Field(() => GraphQLDateTime)
  at!: Date;

  @Field(() => String)
  actor!: string;

  @Field(() => String)
  action!: string;

  @Field(() => String)
  target!: string;

  @Field(() => GraphQLJSONObject)
  details!: Readonly<Record<string, unknown>>;
}

const AuditEntryConnection = connectionType(AuditEntry, "AuditEntry");

@Resolver()
export class AuditLog {
  @Query(() => AuditEntryConnection, { description: "newest first" })
  auditLog(@Args(() => PageArgs) { first, after }: PageArgs, @Ctx() context: Context): Promise<Page<AuditEntry>> {
    return read(context, "audit.read", async ({ em }) => {
      const older = after == null ? {} : { id: { $lt: readCursor(after) } };
      const rows = await em.find(AuditEntryRow, older, { orderBy: { id: "desc" }, limit: first + 1 });
      return toPage(
        rows,
        first,
        (row) => row.id,
        ({ id, at, actor, action, target, details }) => ({ id, at, actor, action, target, details }),
      );
    });
  }
}

function readCursor(cursor: string): string {
  const id = Buffer.from(cursor, "base64url").toString("utf8");
  if (!/^\d{1,18}$/.test(id)) throw new ApiError("INVALID_CURSOR");
  return id;
}
