import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { findApplication } from "../../api/find.ts";
import { invalid } from "../../api/input.ts";
import { change } from "../../api/scope.ts";
import { enqueue } from "../../db/outbox.ts";
import { DataPlaneRole } from "./hub-credential.type.ts";

@Resolver()
export class RevokeCredentials {
  @Mutation(() => Boolean, {
    description:
      "Puts out whoever is in the hub with a user of this role, now or as soon as the hub can be reached; their users are " +
      "refused for ever, and the data plane comes back with new ones after a second.",
  })
  async revokeCredentials(
    @Arg("role", () => DataPlaneRole) role: DataPlaneRole,
    @Arg("application", () => ID, { nullable: true, description: "needed for PROCESS: all its lanes" })
    given: string | null | undefined,
    @Ctx() context: Context,
  ): Promise<boolean> {
    const application = given ?? null;
    return change(context, "credential.revoke", async ({ em, tenant, audit }) => {
      if ((role === "process") !== (application !== null))
        throw invalid("application", "must be named for PROCESS only");
      if (application !== null) await findApplication(em, application);
      audit("credentials.revoked", application ?? tenant, { role });
      await enqueue(em, { kind: "revocation", tenant, role, ...(application === null ? {} : { application }) });
      return true;
    });
  }
}
