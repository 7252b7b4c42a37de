import { LockMode } from "@mikro-orm/core";
import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { changeAs, signedIn } from "../../api/scope.ts";
import { refuseAfterFailures } from "../../auth/authenticate.ts";
import { hashOf } from "../../auth/machine-token.ts";
import { InvitationRow } from "../../db/entities/invitation.ts";
import { MemberRow } from "../../db/entities/member.ts";
import { ApiError } from "../../errors/api-error.ts";
import { Member, toMember } from "./member.type.ts";

@Resolver()
export class AcceptInvitation {
  @Mutation(() => Member, { description: "By whom it is for, logged in: adds its roles to theirs." })
  async acceptInvitation(@Arg("secret", () => String) secret: string, @Ctx() context: Context): Promise<Member> {
    const { invitationAttempts: attempts } = context.services;
    refuseAfterFailures(attempts, context.from.address);
    const actor = await signedIn(context);
    try {
      return await changeAs(context, actor, actor.tenant, async ({ em, audit }) => {
        const where = { hash: hashOf(secret) };
        // locked: two who use it at once are one after the other
        const row = await em.findOne(InvitationRow, where, { lockMode: LockMode.PESSIMISTIC_WRITE });
        const open =
          row !== null && row.acceptedAt === null && row.revokedAt === null && row.expiresAt.getTime() > Date.now();
        if (!open || actor.kind !== "person" || actor.email?.toLowerCase() !== row.email) {
          throw new ApiError("INVITATION_INVALID");
        }
        const member = await em.findOneOrFail(MemberRow, { subject: actor.id });
        member.roles = [...new Set([...(member.roles ?? member.claimed), ...row.roles])].sort();
        row.acceptedAt = new Date();
        row.acceptedBy = actor.id;
        audit("member.invitation-accepted", row.id, { member: member.id, roles: member.roles });
        return toMember(member);
      });
    } catch (error) {
      if (error instanceof ApiError && error.code === "INVITATION_INVALID") attempts.failed(context.from.address);
      throw error;
    }
  }
}
