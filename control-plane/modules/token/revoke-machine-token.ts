import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { find } from "../../api/find.ts";
import { change } from "../../api/scope.ts";
import { MachineTokenRow } from "../../db/entities/machine-token.ts";
import { MachineToken, toMachineToken } from "./machine-token.type.ts";

@Resolver()
export class RevokeMachineToken {
  @Mutation(() => MachineToken)
  revokeMachineToken(@Arg("token", () => ID) id: string, @Ctx() context: Context): Promise<MachineToken> {
    return change(context, "token.write", async ({ em, audit }) => {
      const row = await find(em, MachineTokenRow, "token", id);
      row.revokedAt ??= new Date();
      audit("token.revoked", id, { name: row.name });
      return toMachineToken(row);
    });
  }
}
