import { GraphQLDateTime } from "graphql-scalars";
import { Field, ID, ObjectType, registerEnumType } from "type-graphql";
import { connectionType } from "../../api/connection.ts";
import type { SourceKeyRow } from "../../db/entities/source-key.ts";
import type { SourceRow } from "../../db/entities/source.ts";

export const SourceKind = { REST: "rest", WEB: "web" } as const;
export type SourceKind = (typeof SourceKind)[keyof typeof SourceKind];

export const ConsentMode = { SUBJECT: "subject", OWNER: "owner" } as const;
export type ConsentMode = (typeof ConsentMode)[keyof typeof ConsentMode];

registerEnumType(SourceKind, { name: "SourceKind" });
registerEnumType(ConsentMode, {
  name: "ConsentMode",
  description: "who permits the use of events",
  valuesConfig: {
    SUBJECT: { description: "each event's own consent, or its stored receipt" },
    OWNER: { description: "the source's data owner, by the grant as a whole" },
  },
});

@ObjectType()
export class SourceKey {
  @Field(() => ID)
  id!: string;

  @Field(() => String, { nullable: true, description: "the key itself for a WEB source, where it is public" })
  publicKey!: string | null;

  @Field(() => GraphQLDateTime)
  createdAt!: Date;

  @Field(() => GraphQLDateTime, { nullable: true, description: "null = it does not end by itself" })
  expiresAt!: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true })
  revokedAt!: Date | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: "to about ten minutes; null as well while the hub cannot be read",
  })
  lastUsedAt!: Date | null;
}

@ObjectType()
export class Source {
  @Field(() => ID)
  id!: string;

  @Field(() => ID)
  application!: string;

  @Field(() => String)
  name!: string;

  @Field(() => SourceKind)
  kind!: SourceKind;

  @Field(() => ConsentMode)
  consentMode!: ConsentMode;

  @Field(() => Boolean, { description: "what its events claim becomes the stored consent of their subjects" })
  consentAuthority!: boolean;

  @Field(() => [String])
  origins!: readonly string[];

  @Field(() => Boolean, { description: "the owner's grant; without it every request is answered 403" })
  granted!: boolean;

  @Field(() => [String])
  grantPurposes!: readonly string[];

  @Field(() => GraphQLDateTime)
  createdAt!: Date;
}

@ObjectType()
export class SourceWithKey {
  @Field(() => Source)
  source!: Source;

  @Field(() => ID)
  keyId!: string;

  @Field(() => String, { description: "shown this once; sent as `Authorization: Bearer …`" })
  writeKey!: string;
}

export const SourceConnection = connectionType(Source, "Source");

export const toSource = (row: SourceRow): Source =>
  Object.assign(new Source(), {
    id: row.id,
    application: row.application,
    name: row.name,
    kind: row.kind,
    consentMode: row.consentMode,
    consentAuthority: row.consentAuthority,
    origins: row.origins,
    granted: row.granted,
    grantPurposes: row.grantPurposes,
    createdAt: row.createdAt,
  });

export const toSourceKey = (
  { id, publicKey, createdAt, expiresAt, revokedAt }: SourceKeyRow,
  lastUsedAt: Date | null,
): SourceKey => ({ id, publicKey, createdAt, expiresAt, revokedAt, lastUsedAt });
