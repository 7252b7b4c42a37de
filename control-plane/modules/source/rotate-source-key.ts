import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { find } from "../../api/find.ts";
import { change } from "../../api/scope.ts";
import { SourceRow } from "../../db/entities/source.ts";
import { enqueue } from "../../db/outbox.ts";
import { addKey } from "./new-key.ts";
import { SourceWithKey, toSource } from "./source.type.ts";

@Resolver()
export class RotateSourceKey {
  @Mutation(() => SourceWithKey, {
    description: "Adds a key; the older ones stay valid until revokeSourceKey, so that senders can change over.",
  })
  rotateSourceKey(@Arg("source", () => ID) id: string, @Ctx() context: Context): Promise<SourceWithKey> {
    return change(context, "source.write", async ({ em, tenant, audit }) => {
      const source = await find(em, SourceRow, "source", id);
      const key = addKey(em, source);
      audit("source.key-added", id, { key: key.keyId });
      await enqueue(em, { kind: "deployment", tenant, application: source.application });
      return { source: toSource(source), ...key };
    });
  }
}
