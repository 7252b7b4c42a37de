import { GraphQLDateTime } from "graphql-scalars";
import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { findLocked } from "../../api/find.ts";
import { invalid } from "../../api/input.ts";
import { change } from "../../api/scope.ts";
import { SourceKeyRow } from "../../db/entities/source-key.ts";
import { SourceRow } from "../../db/entities/source.ts";
import { enqueue } from "../../db/outbox.ts";
import { addKey } from "./new-key.ts";
import { SourceWithKey, toSource } from "./source.type.ts";

const DAY_MS = 24 * 3600 * 1000;
const MAX_OVERLAP_MS = 90 * DAY_MS;

@Resolver()
export class RotateSourceKey {
  @Mutation(() => SourceWithKey, {
    description:
      "Adds a key. The older ones go on until `oldUntil` (a day from now unless told), so that senders can change over; one that ends before keeps its end.",
  })
  rotateSourceKey(
    @Arg("source", () => ID) id: string,
    @Arg("oldUntil", () => GraphQLDateTime, { nullable: true }) oldUntil: Date | null,
    @Arg("keyExpiresAt", () => GraphQLDateTime, {
      nullable: true,
      description: "when the new key ends; else it does not",
    })
    keyExpiresAt: Date | null = null,
    @Ctx() context: Context,
  ): Promise<SourceWithKey> {
    return change(context, "source.write", async ({ em, tenant, audit }) => {
      const source = await findLocked(em, SourceRow, "source", id);
      const until = oldUntil ?? new Date(Date.now() + DAY_MS);
      if (until.getTime() > Date.now() + MAX_OVERLAP_MS) throw invalid("oldUntil", "must be within the next 90 days");
      for (const old of await em.find(SourceKeyRow, { source: id, revokedAt: null })) {
        if (old.expiresAt === null || old.expiresAt > until) old.expiresAt = until;
      }
      const key = addKey(em, source, keyExpiresAt);
      audit("source.key-rotated", id, { key: key.keyId, keyExpiresAt, oldUntil: until });
      await enqueue(em, { kind: "deployment", tenant, application: source.application });
      return { source: toSource(source), ...key };
    });
  }
}
