import { GraphQLDateTime } from "graphql-scalars";
import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { findApplication } from "../../api/find.ts";
import { newId } from "../../api/ids.ts";
import { nameOf } from "../../api/input.ts";
import { change } from "../../api/scope.ts";
import { SourceRow } from "../../db/entities/source.ts";
import { enqueue } from "../../db/outbox.ts";
import { requireQuota } from "../tenant/quotas.ts";
import { originsOf } from "./check-origins.ts";
import { claimOrigins } from "./claim-origins.ts";
import { addKey } from "./new-key.ts";
import { ConsentMode, SourceKind, SourceWithKey, toSource } from "./source.type.ts";

@Resolver()
export class CreateSource {
  @Mutation(() => SourceWithKey, { description: "It is not granted yet: see grantSource." })
  createSource(
    @Arg("application", () => ID) application: string,
    @Arg("name", () => String) name: string,
    @Arg("kind", () => SourceKind) kind: SourceKind,
    @Arg("consentMode", () => ConsentMode) consentMode: ConsentMode,
    @Arg("origins", () => [String], { defaultValue: [], description: "sites that may send from a browser" })
    origins: string[],
    @Arg("keyExpiresAt", () => GraphQLDateTime, {
      nullable: true,
      description: "when its write key ends; else it does not",
    })
    keyExpiresAt: Date | null = null,
    @Ctx() context: Context,
  ): Promise<SourceWithKey> {
    return change(context, "source.write", async ({ em, tenant, audit }) => {
      await findApplication(em, application);
      await requireQuota(em, tenant, "sources", () => em.count(SourceRow));
      const sites = originsOf(kind, origins);
      const source = em.create(SourceRow, {
        id: newId("src"),
        tenant,
        application,
        name: nameOf(name),
        kind,
        consentMode,
        origins: sites,
      });
      await em.flush();
      await claimOrigins(em, source);
      const key = addKey(em, source, keyExpiresAt);
      audit("source.created", source.id, {
        application,
        name: source.name,
        kind,
        consentMode,
        origins: sites,
        keyExpiresAt,
      });
      await enqueue(em, { kind: "deployment", tenant, application });
      return { source: toSource(source), ...key };
    });
  }
}
