import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { findLocked } from "../../api/find.ts";
import { change } from "../../api/scope.ts";
import type { Role } from "../../auth/actions.ts";
import { MemberRow } from "../../db/entities/member.ts";
import { ApiError } from "../../errors/api-error.ts";
import { Member, MemberRole, toMember } from "./member.type.ts";

@Resolver()
export class SetMemberRoles {
  @Mutation(() => Member, { description: "Null: the roles that the issuer claims count again." })
  setMemberRoles(
    @Arg("member", () => ID) id: string,
    @Arg("roles", () => [MemberRole], { nullable: true }) roles: Role[] | null,
    @Ctx() context: Context,
  ): Promise<Member> {
    return change(context, "member.write", async ({ em, actor, audit }) => {
      const row = await findLocked(em, MemberRow, "member", id);
      const before = row.roles ?? row.claimed;
      const after = roles == null ? null : [...new Set(roles)].sort();
      // to give up is everybody's right, to take is nobody's
      const gains = (after ?? row.claimed).some((role) => !before.includes(role));
      if (row.subject === actor.person && gains) throw new ApiError("OWN_MEMBERSHIP");
      row.roles = after;
      audit("member.roles-set", id, { subject: row.subject, before, after: after ?? row.claimed });
      return toMember(row);
    });
  }
}
