import { randomBytes } from "node:crypto";
import { GraphQLDateTime } from "graphql-scalars";
import { Arg, Ctx, Field, ID, Mutation, ObjectType, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { find } from "../../api/find.ts";
import { newId } from "../../api/ids.ts";
import { invalid } from "../../api/input.ts";
import { change } from "../../api/scope.ts";
import type { Role } from "../../auth/actions.ts";
import { hashOf } from "../../auth/machine-token.ts";
import { InvitationRow } from "../../db/entities/invitation.ts";
import { ApiError } from "../../errors/api-error.ts";
import { Invitation, MemberRole, toInvitation } from "./member.type.ts";

const DAY_MS = 24 * 3600 * 1000;
const MAX_LIFETIME_MS = 30 * DAY_MS;
const EMAIL = /^[^\s@]{1,64}@[^\s@]{1,190}$/;

@ObjectType()
class NewInvitation {
  @Field(() => Invitation)
  invitation!: Invitation;

  @Field(() => String, { description: "shown this once and good for one use: `acceptInvitation`" })
  secret!: string;
}

@Resolver()
export class InviteMember {
  @Mutation(() => NewInvitation, {
    description: "Who accepts must log in for this tenant with this e-mail address. Valid for a week unless told.",
  })
  inviteMember(
    @Arg("email", () => String) email: string,
    @Arg("roles", () => [MemberRole]) roles: Role[],
    @Arg("expiresAt", () => GraphQLDateTime, { nullable: true }) expiresAt: Date | null,
    @Ctx() context: Context,
  ): Promise<NewInvitation> {
    return change(context, "member.write", ({ em, actor, tenant, audit }) => {
      if (!EMAIL.test(email)) throw invalid("email", "must be an e-mail address");
      // a second account would be a way to take what nobody may take
      if (actor.kind === "person" && actor.email?.toLowerCase() === email.toLowerCase()) {
        throw new ApiError("OWN_MEMBERSHIP");
      }
      if (roles.length === 0) throw invalid("roles", "must name at least one role");
      const until = expiresAt ?? new Date(Date.now() + 7 * DAY_MS);
      const lifetime = until.getTime() - Date.now();
      if (lifetime <= 0 || lifetime > MAX_LIFETIME_MS) throw invalid("expiresAt", "must be within the next 30 days");
      const secret = `o2mci_${randomBytes(32).toString("base64url")}`;
      const row = em.create(InvitationRow, {
        id: newId("inv"),
        tenant,
        email: email.toLowerCase(),
        roles: [...new Set(roles)].sort(),
        hash: hashOf(secret),
        invitedBy: actor.person,
        expiresAt: until,
      });
      audit("member.invited", row.id, { email: row.email, roles: row.roles, expiresAt: until });
      return Promise.resolve({ invitation: toInvitation(row), secret });
    });
  }

  @Mutation(() => Invitation)
  revokeInvitation(@Arg("invitation", () => ID) id: string, @Ctx() context: Context): Promise<Invitation> {
    return change(context, "member.write", async ({ em, audit }) => {
      const row = await find(em, InvitationRow, "invitation", id);
      row.revokedAt ??= new Date();
      audit("member.invitation-revoked", id, { email: row.email });
      return toInvitation(row);
    });
  }
}
