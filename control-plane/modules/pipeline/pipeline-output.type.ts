import { Field, ObjectType } from "type-graphql";

@ObjectType()
export class OutputColumn {
  @Field(() => String)
  name!: string;

  @Field(() => String)
  type!: string;

  @Field(() => [String])
  purposes!: readonly string[];
}

@ObjectType()
export class PipelineOutput {
  @Field(() => String)
  name!: string;

  @Field(() => [OutputColumn])
  columns!: readonly OutputColumn[];

  @Field(() => Boolean)
  perSubject!: boolean;
}
