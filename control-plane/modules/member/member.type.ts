import { GraphQLDateTime } from "graphql-scalars";
import { Field, ID, ObjectType, registerEnumType } from "type-graphql";
import { connectionType } from "../../api/connection.ts";
import { ROLES, type Role } from "../../auth/actions.ts";
import type { InvitationRow } from "../../db/entities/invitation.ts";
import type { MemberRow } from "../../db/entities/member.ts";
import { enumName } from "@o2mc/schema/options/enum-name.ts";

/** the operator's is the platform's to give */
export const MemberRole = Object.fromEntries(
  ROLES.filter((role) => role !== "operator").map((role) => [enumName(role), role]),
) as Readonly<Record<string, Role>>;
registerEnumType(MemberRole, { name: "MemberRole" });

@ObjectType({ description: "a person who has been here, or was invited" })
export class Member {
  @Field(() => ID)
  id!: string;

  @Field(() => String)
  subject!: string;

  @Field(() => String)
  email!: string;

  @Field(() => [String], { description: "that count" })
  roles!: readonly string[];

  @Field(() => Boolean, { description: "an owner gave the roles; else the issuer claims them" })
  assigned!: boolean;

  @Field(() => Boolean)
  disabled!: boolean;

  @Field(() => GraphQLDateTime)
  createdAt!: Date;
}

@ObjectType()
export class Invitation {
  @Field(() => ID)
  id!: string;

  @Field(() => String)
  email!: string;

  @Field(() => [String])
  roles!: readonly string[];

  @Field(() => String)
  invitedBy!: string;

  @Field(() => GraphQLDateTime)
  createdAt!: Date;

  @Field(() => GraphQLDateTime)
  expiresAt!: Date;

  @Field(() => GraphQLDateTime, { nullable: true })
  acceptedAt!: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true })
  revokedAt!: Date | null;
}

export const MemberConnection = connectionType(Member, "Member");
export const InvitationConnection = connectionType(Invitation, "Invitation");

export const toMember = (row: MemberRow): Member => ({
  id: row.id,
  subject: row.subject,
  email: row.email,
  roles: row.roles ?? row.claimed,
  assigned: row.roles !== null,
  disabled: row.state === "disabled",
  createdAt: row.createdAt,
});

export const toInvitation = (row: InvitationRow): Invitation => ({
  id: row.id,
  email: row.email,
  roles: row.roles,
  invitedBy: row.invitedBy,
  createdAt: row.createdAt,
  expiresAt: row.expiresAt,
  acceptedAt: row.acceptedAt,
  revokedAt: row.revokedAt,
});
