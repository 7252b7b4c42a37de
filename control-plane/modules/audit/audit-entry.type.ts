import { GraphQLDateTime, GraphQLJSONObject } from "graphql-scalars";
import { Field, ID, InputType, Int, ObjectType } from "type-graphql";
import { connectionType } from "../../api/connection.ts";
import type { AuditLink } from "../../db/audit-chain.ts";
import type { AuditEntryRow } from "../../db/entities/audit-entry.ts";

@ObjectType({ description: "who changed, read, approved or exported what, from where" })
export class AuditEntry {
  @Field(() => ID)
  id!: string;

  @Field(() => Int, { nullable: true, description: "1, 2, 3…; null for entries from before the log was chained" })
  seq!: number | null;

  @Field(() => GraphQLDateTime)
  at!: Date;

  @Field(() => String, { description: "a person's subject, or `token:` and the id of a machine token" })
  actor!: string;

  @Field(() => String)
  action!: string;

  @Field(() => String)
  target!: string;

  @Field(() => GraphQLJSONObject)
  details!: Readonly<Record<string, unknown>>;

  @Field(() => String, { nullable: true, description: "where it was asked from" })
  address!: string | null;

  @Field(() => String, { nullable: true })
  userAgent!: string | null;

  @Field(() => String, { nullable: true, description: "id of the token that was used" })
  credential!: string | null;

  @Field(() => String, { nullable: true, description: "of all of it and of the hash before it" })
  hash!: string | null;
}

@InputType()
export class AuditFilterInput {
  @Field(() => String, { nullable: true })
  actor?: string | null;

  @Field(() => String, { nullable: true, description: "such as `source.created`" })
  action?: string | null;

  @Field(() => String, { nullable: true })
  target?: string | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "from then on" })
  from?: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "before then" })
  until?: Date | null;
}

export const AuditEntryConnection = connectionType(AuditEntry, "AuditEntry");

export const toAuditEntry = (row: AuditEntryRow): AuditEntry => ({
  id: row.id,
  seq: row.seq === null ? null : Number(row.seq),
  at: row.at,
  actor: row.actor,
  action: row.action,
  target: row.target,
  details: row.details,
  address: row.address,
  userAgent: row.userAgent,
  credential: row.credential,
  hash: row.hash,
});

export const toAuditLink = (row: AuditEntryRow): AuditLink => ({
  tenant: row.tenant,
  seq: Number(row.seq),
  at: row.at.toISOString(),
  actor: row.actor,
  action: row.action,
  target: row.target,
  details: row.details,
  address: row.address,
  userAgent: row.userAgent,
  credential: row.credential,
  previous: row.previous ?? "",
});
