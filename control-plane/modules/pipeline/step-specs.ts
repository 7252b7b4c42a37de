import { GraphQLJSONObject } from "graphql-scalars";
import { Ctx, Field, ObjectType, Query, Resolver } from "type-graphql";
import { asInput } from "@o2mc/schema/options/as-input.ts";
import { STEPS } from "@o2mc/schema/pipeline/steps.ts";
import type { Context } from "../../api/context.ts";
import { OptionSpec, toOptionSpecs } from "../../api/option-spec.type.ts";
import { signedIn } from "../../api/scope.ts";

@ObjectType({ description: "a step that pipelines are made of" })
class StepSpec {
  @Field(() => String, { description: "the field of StepInput" })
  verb!: string;

  @Field(() => String)
  summary!: string;

  @Field(() => GraphQLJSONObject, { description: "a StepInput" })
  example!: Readonly<Record<string, unknown>>;

  @Field(() => [OptionSpec])
  options!: readonly OptionSpec[];
}

@Resolver()
export class StepSpecs {
  @Query(() => [StepSpec], {
    description: "What steps there are, for forms and editors. For everyone who is logged in.",
  })
  async stepSpecs(@Ctx() context: Context): Promise<StepSpec[]> {
    await signedIn(context);
    return STEPS.map(({ verb, summary, example, options }) => ({
      verb,
      summary,
      example: { [verb]: asInput(options, example) },
      options: toOptionSpecs(options),
    }));
  }
}
