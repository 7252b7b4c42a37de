import { GraphQLJSONObject } from "graphql-scalars";
import { Field, ObjectType, registerEnumType } from "type-graphql";
import type { PolicyChange } from "@o2mc/schema/consent/policy-diff.ts";

const ChangeKindEnum = { ADDED: "added", REMOVED: "removed", CHANGED: "changed" } as const satisfies Readonly<
  Record<string, PolicyChange["kind"]>
>;
const PolicyPartEnum = {
  PURPOSE: "purpose",
  FIELD: "field",
  LEVEL: "level",
  POLICY: "policy",
} as const satisfies Readonly<Record<string, PolicyChange["of"]>>;
registerEnumType(ChangeKindEnum, { name: "ChangeKind" });
registerEnumType(PolicyPartEnum, { name: "PolicyPart" });

@ObjectType("PolicyChange", { description: "one difference between two policies" })
export class PolicyChangeModel implements PolicyChange {
  @Field(() => ChangeKindEnum)
  kind!: PolicyChange["kind"];

  @Field(() => PolicyPartEnum)
  of!: PolicyChange["of"];

  @Field(() => String, { description: "of the purpose, field or level; of the policy itself, what of it" })
  name!: string;

  @Field(() => GraphQLJSONObject, { nullable: true })
  before!: unknown;

  @Field(() => GraphQLJSONObject, { nullable: true })
  after!: unknown;
}
