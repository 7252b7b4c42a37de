import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { find } from "../../api/find.ts";
import { change } from "../../api/scope.ts";
import { SourceKeyRow } from "../../db/entities/source-key.ts";
import { SourceRow } from "../../db/entities/source.ts";
import { enqueue } from "../../db/outbox.ts";
import { keysUsedAt } from "./keys-used-at.ts";
import { SourceKey, toSourceKey } from "./source.type.ts";

@Resolver()
export class RevokeSourceKey {
  @Mutation(() => SourceKey)
  revokeSourceKey(@Arg("key", () => ID) id: string, @Ctx() context: Context): Promise<SourceKey> {
    return change(context, "source.write", async ({ em, tenant, services, audit }) => {
      const key = await find(em, SourceKeyRow, "key", id);
      const source = await find(em, SourceRow, "source", key.source);
      key.revokedAt ??= new Date();
      audit("source.key-revoked", source.id, { key: id });
      await enqueue(em, { kind: "deployment", tenant, application: source.application });
      const used = await keysUsedAt(services.hub, tenant, [key]);
      return toSourceKey(key, used.get(key.hash) ?? null);
    });
  }
}
