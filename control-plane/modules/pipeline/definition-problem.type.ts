import { Field, Int, ObjectType } from "type-graphql";

@ObjectType()
export class DefinitionProblem {
  @Field(() => String, { description: "stable" })
  reason!: string;

  @Field(() => Int, { nullable: true, description: "1 for the first step" })
  step!: number | null;

  @Field(() => String)
  message!: string;
}
