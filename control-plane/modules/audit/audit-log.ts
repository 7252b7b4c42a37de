import { Arg, Args, Ctx, Query, Resolver } from "type-graphql";
import { PageArgs, toPage, type Page } from "../../api/connection.ts";
import type { Context } from "../../api/context.ts";
import { readOnRecord } from "../../api/scope.ts";
import { AuditEntryRow } from "../../db/entities/audit-entry.ts";
import { ApiError } from "../../errors/api-error.ts";
import { AuditEntryConnection, AuditFilterInput, toAuditEntry, type AuditEntry } from "./audit-entry.type.ts";

@Resolver()
export class AuditLog {
  @Query(() => AuditEntryConnection, { description: "newest first" })
  auditLog(
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Arg("filter", () => AuditFilterInput, { nullable: true }) filter: AuditFilterInput | null,
    @Ctx() context: Context,
  ): Promise<Page<AuditEntry>> {
    return readOnRecord(context, "audit.read", async ({ em, tenant, audit }) => {
      const older = after == null ? {} : { id: { $lt: readCursor(after) } };
      const where = { $and: [older, conditions(filter ?? {})] };
      const rows = await em.find(AuditEntryRow, where, { orderBy: { id: "desc" }, limit: first + 1 });
      audit("audit.read", tenant, { filter, entries: Math.min(rows.length, first) });
      return toPage(rows, first, ({ id }) => id, toAuditEntry);
    });
  }
}

function conditions({ actor, action, target, from, until }: AuditFilterInput): Record<string, unknown> {
  const at = { ...(from == null ? {} : { $gte: from }), ...(until == null ? {} : { $lt: until }) };
  return {
    ...(actor == null ? {} : { actor }),
    ...(action == null ? {} : { action }),
    ...(target == null ? {} : { target }),
    ...(Object.keys(at).length === 0 ? {} : { at }),
  };
}

function readCursor(cursor: string): string {
  const id = Buffer.from(cursor, "base64url").toString("utf8");
  if (!/^\d{1,18}$/.test(id)) throw new ApiError("INVALID_CURSOR");
  return id;
}
