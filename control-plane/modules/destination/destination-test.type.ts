import { GraphQLDateTime } from "graphql-scalars";
import { Field, Int, ObjectType } from "type-graphql";
import {
  DESTINATION_TEST_CODES,
  type DestinationTestAnswer,
  type DestinationTestCode,
} from "@o2mc/schema/destinations/destination-test.ts";
import { wordsEnum } from "../../api/option-inputs.ts";

const DestinationTestCodeEnum = wordsEnum("DestinationTestCode", DESTINATION_TEST_CODES);

@ObjectType({ description: "what came of a test of a destination" })
export class DestinationTest {
  @Field(() => Boolean)
  ok!: boolean;

  @Field(() => DestinationTestCodeEnum)
  code!: DestinationTestCode;

  @Field(() => String, { description: "what is wrong, in a sentence" })
  message!: string;

  @Field(() => String, { nullable: true, description: "name and version, as the server tells them" })
  server!: string | null;

  @Field(() => Int)
  milliseconds!: number;
}

@ObjectType({ description: "why nothing is delivered to a destination" })
export class DestinationProblem {
  @Field(() => DestinationTestCodeEnum)
  code!: DestinationTestCode;

  @Field(() => String, { description: "as testDestination says it" })
  message!: string;

  @Field(() => GraphQLDateTime)
  since!: Date;
}

export const toDestinationTest = ({ code, message, server, milliseconds }: DestinationTestAnswer): DestinationTest => ({
  ok: code === "ok",
  code,
  message,
  server,
  milliseconds,
});
