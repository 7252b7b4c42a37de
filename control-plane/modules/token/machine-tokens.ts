import { Args, Ctx, Query, Resolver } from "type-graphql";
import { PageArgs, pageByCreation, type Page } from "../../api/connection.ts";
import type { Context } from "../../api/context.ts";
import { read } from "../../api/scope.ts";
import { MachineTokenRow } from "../../db/entities/machine-token.ts";
import { MachineTokenConnection, toMachineToken, type MachineToken } from "./machine-token.type.ts";

@Resolver()
export class MachineTokens {
  @Query(() => MachineTokenConnection)
  machineTokens(@Args(() => PageArgs) page: PageArgs, @Ctx() context: Context): Promise<Page<MachineToken>> {
    return read(context, "token.read", ({ em }) => pageByCreation(em, MachineTokenRow, {}, page, toMachineToken));
  }
}
