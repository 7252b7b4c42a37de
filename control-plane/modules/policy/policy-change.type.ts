import { GraphQLJSONObject } from "graphql-scalars";
import { Field, ObjectType, registerEnumType } from "type-graphql";
import type { PolicyChange } from "@o2mc/schema/consent/policy-diff.ts";

const ChangeKindEnum = { ADDED: "added", REMOVED: "removed", CHANGED: "changed" } as const satisfies {
  // a missing one would be answered with an error, so that it must not compile
  readonly [Kind in PolicyChange["kind"] as Uppercase<Kind>]: Kind;
};
const PolicyPartEnum = {
  PURPOSE: "purpose",
  FIELD: "field",
  LEVEL: "level",
  WORDING: "wording",
  POLICY: "policy",
} as const satisfies { readonly [Part in PolicyChange["of"] as Uppercase<Part>]: Part };
registerEnumType(ChangeKindEnum, { name: "ChangeKind" });
registerEnumType(PolicyPartEnum, { name: "PolicyPart" });

@ObjectType("PolicyChange", { description: "one difference between two policies" })
export class PolicyChangeModel implements PolicyChange {
  @Field(() => ChangeKindEnum)
  kind!: PolicyChange["kind"];

  @Field(() => PolicyPartEnum)
  of!: PolicyChange["of"];

  @Field(() => String, {
    description: "of the purpose, field or level, the id of a wording; of the policy itself, what of it",
  })
  name!: string;

  @Field(() => GraphQLJSONObject, { nullable: true })
  before!: unknown;

  @Field(() => GraphQLJSONObject, { nullable: true })
  after!: unknown;
}
