import { Args, Ctx, Query, Resolver } from "type-graphql";
import { PageArgs, pageByCreation, type Page } from "../../api/connection.ts";
import type { Context } from "../../api/context.ts";
import { read } from "../../api/scope.ts";
import { InvitationRow } from "../../db/entities/invitation.ts";
import { MemberRow } from "../../db/entities/member.ts";
import {
  InvitationConnection,
  MemberConnection,
  toInvitation,
  toMember,
  type Invitation,
  type Member,
} from "./member.type.ts";

@Resolver()
export class MemberQueries {
  @Query(() => MemberConnection)
  members(@Args(() => PageArgs) page: PageArgs, @Ctx() context: Context): Promise<Page<Member>> {
    return read(context, "member.read", ({ em }) => pageByCreation(em, MemberRow, {}, page, toMember));
  }

  @Query(() => InvitationConnection)
  invitations(@Args(() => PageArgs) page: PageArgs, @Ctx() context: Context): Promise<Page<Invitation>> {
    return read(context, "member.read", ({ em }) => pageByCreation(em, InvitationRow, {}, page, toInvitation));
  }
}
