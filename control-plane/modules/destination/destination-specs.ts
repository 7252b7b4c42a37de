import { GraphQLJSONObject } from "graphql-scalars";
import { Ctx, Field, ObjectType, Query, Resolver } from "type-graphql";
import { DESTINATIONS, type DestinationKind } from "@o2mc/schema/destinations/destinations.ts";
import { asInput } from "@o2mc/schema/options/as-input.ts";
import type { Context } from "../../api/context.ts";
import { OptionSpec, toOptionSpecs } from "../../api/option-spec.type.ts";
import { signedIn } from "../../api/scope.ts";
import { DestinationKindEnum } from "./destination.type.ts";

@ObjectType({ description: "a kind of destination" })
class DestinationSpec {
  @Field(() => DestinationKindEnum)
  kind!: DestinationKind;

  @Field(() => String, { description: "the field of DestinationOptionsInput" })
  input!: string;

  @Field(() => String)
  summary!: string;

  @Field(() => GraphQLJSONObject, { description: "a DestinationOptionsInput" })
  example!: Readonly<Record<string, unknown>>;

  @Field(() => [OptionSpec])
  options!: readonly OptionSpec[];
}

@Resolver()
export class DestinationSpecs {
  @Query(() => [DestinationSpec], {
    description: "What kinds of destination there are, for forms. For everyone who is logged in.",
  })
  async destinationSpecs(@Ctx() context: Context): Promise<DestinationSpec[]> {
    await signedIn(context);
    return DESTINATIONS.map(({ kind, summary, example, options }) => ({
      kind,
      input: kind,
      summary,
      example: { [kind]: asInput(options, example) },
      options: toOptionSpecs(options),
    }));
  }
}
