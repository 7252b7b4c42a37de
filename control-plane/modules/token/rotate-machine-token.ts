import { GraphQLDateTime } from "graphql-scalars";
import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { findLocked } from "../../api/find.ts";
import { invalid } from "../../api/input.ts";
import { change } from "../../api/scope.ts";
import { isScope } from "../../auth/actions.ts";
import { may } from "../../auth/actor.ts";
import { hashOf, newMachineToken } from "../../auth/machine-token.ts";
import { MachineTokenRow } from "../../db/entities/machine-token.ts";
import { ApiError } from "../../errors/api-error.ts";
import { NewMachineToken, toMachineToken } from "./machine-token.type.ts";

const DAY_MS = 24 * 3600 * 1000;
const MAX_OVERLAP_MS = 30 * DAY_MS;

@Resolver()
export class RotateMachineToken {
  @Mutation(() => NewMachineToken, {
    description:
      "A new secret for the same token. The one before it goes on until `oldUntil` (a day from now unless told), so that programs can change over; an older one ends at once.",
  })
  rotateMachineToken(
    @Arg("token", () => ID) id: string,
    @Arg("oldUntil", () => GraphQLDateTime, { nullable: true }) oldUntil: Date | null,
    @Ctx() context: Context,
  ): Promise<NewMachineToken> {
    return change(context, "token.write", async ({ em, actor, audit }) => {
      const row = await findLocked(em, MachineTokenRow, "token", id);
      const now = Date.now();
      if (row.revokedAt !== null || row.expiresAt.getTime() <= now) throw invalid("token", "is revoked or has expired");
      // who gets a secret gets what it opens: no more than they may do themselves
      const refused = row.scopes.find((scope) => !isScope(scope) || !may(actor, scope));
      if (refused !== undefined) throw new ApiError("SCOPE_NOT_ALLOWED", { scope: refused });
      const until = oldUntil ?? new Date(now + DAY_MS);
      if (until.getTime() > now + MAX_OVERLAP_MS) throw invalid("oldUntil", "must be within the next 30 days");
      const secret = newMachineToken();
      row.previousHash = row.hash;
      row.previousUntil = until;
      row.hash = hashOf(secret);
      audit("token.rotated", id, { name: row.name, oldUntil: until });
      return { machineToken: toMachineToken(row), secret };
    });
  }
}
