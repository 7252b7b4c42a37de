import { GraphQLDateTime } from "graphql-scalars";
import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { newId } from "../../api/ids.ts";
import { invalid, nameOf } from "../../api/input.ts";
import { change } from "../../api/scope.ts";
import { isScope } from "../../auth/actions.ts";
import { may } from "../../auth/actor.ts";
import { hashOf, newMachineToken } from "../../auth/machine-token.ts";
import { MachineTokenRow } from "../../db/entities/machine-token.ts";
import { ApiError } from "../../errors/api-error.ts";
import { NewMachineToken, toMachineToken } from "./machine-token.type.ts";

const MAX_LIFETIME_MS = 366 * 24 * 3600 * 1000;

@Resolver()
export class CreateMachineToken {
  @Mutation(() => NewMachineToken, {
    description: "Scopes are names of actions that you may do yourself (`me.actions`).",
  })
  createMachineToken(
    @Arg("name", () => String) name: string,
    @Arg("scopes", () => [String]) scopes: string[],
    @Arg("expiresAt", () => GraphQLDateTime) expiresAt: Date,
    @Ctx() context: Context,
  ): Promise<NewMachineToken> {
    return change(context, "token.write", async ({ em, actor, tenant, audit }) => {
      if (scopes.length === 0) throw invalid("scopes", "must name at least one action");
      const refused = scopes.find((scope) => !isScope(scope) || !may(actor, scope));
      if (refused !== undefined) throw new ApiError("SCOPE_NOT_ALLOWED", { scope: refused });
      const lifetime = expiresAt.getTime() - Date.now();
      if (lifetime <= 0 || lifetime > MAX_LIFETIME_MS) throw invalid("expiresAt", "must be within the next 366 days");
      const secret = newMachineToken();
      const row = em.create(MachineTokenRow, {
        id: newId("tok"),
        tenant,
        name: nameOf(name),
        hash: hashOf(secret),
        scopes: [...new Set(scopes)].sort(),
        createdBy: actor.person,
        expiresAt,
      });
      audit("token.created", row.id, { name: row.name, scopes: row.scopes, expiresAt });
      return { machineToken: toMachineToken(row), secret };
    });
  }
}
