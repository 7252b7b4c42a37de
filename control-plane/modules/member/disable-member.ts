import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { findLocked } from "../../api/find.ts";
import { change } from "../../api/scope.ts";
import { MachineTokenRow } from "../../db/entities/machine-token.ts";
import { MemberRow } from "../../db/entities/member.ts";
import { ApiError } from "../../errors/api-error.ts";
import { Member, toMember } from "./member.type.ts";

@Resolver()
export class DisableMember {
  @Mutation(() => Member, {
    description:
      "Refuses them from now on, ends their open subscriptions within seconds and revokes their machine tokens.",
  })
  disableMember(@Arg("member", () => ID) id: string, @Ctx() context: Context): Promise<Member> {
    return change(context, "member.write", async ({ em, audit }) => {
      const row = await findLocked(em, MemberRow, "member", id);
      row.state = "disabled";
      const tokens = await em.find(MachineTokenRow, { createdBy: row.subject, revokedAt: null });
      for (const token of tokens) token.revokedAt = new Date();
      audit("member.disabled", id, { subject: row.subject, tokensRevoked: tokens.map((token) => token.id) });
      return toMember(row);
    });
  }

  @Mutation(() => Member, { description: "Their machine tokens stay revoked." })
  enableMember(@Arg("member", () => ID) id: string, @Ctx() context: Context): Promise<Member> {
    return change(context, "member.write", async ({ em, actor, audit }) => {
      const row = await findLocked(em, MemberRow, "member", id);
      if (row.subject === actor.person) throw new ApiError("OWN_MEMBERSHIP");
      row.state = "active";
      audit("member.enabled", id, { subject: row.subject });
      return toMember(row);
    });
  }
}
