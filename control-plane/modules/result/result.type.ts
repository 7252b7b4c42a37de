import { GraphQLDateTime, GraphQLJSONObject } from "graphql-scalars";
import { createUnionType, Field, ID, InputType, Int, ObjectType } from "type-graphql";
import type { ResultEvent } from "../../hub/results.ts";

@InputType()
export class OutputRef {
  @Field(() => ID)
  application!: string;

  @Field(() => ID)
  pipeline!: string;

  @Field(() => String)
  output!: string;
}

@ObjectType()
export class ResultRows {
  @Field(() => String, { description: "goes into `after` to come back to" })
  cursor!: string;

  @Field(() => [GraphQLJSONObject], { description: "columns by name, and `id`" })
  rows!: readonly Readonly<Record<string, unknown>>[];

  @Field(() => Int, { description: "rows left out because their subject no longer permits it" })
  withheld!: number;
}

@ObjectType({ description: "Results after `from`, up to `until`, may be missing; both can go into `after`." })
export class ResultGap {
  @Field(() => String)
  from!: string;

  @Field(() => String)
  until!: string;

  @Field(() => String, { description: "`slow-reader` or `expired`" })
  reason!: string;

  @Field(() => Int, { nullable: true, description: "how many rows, where that is known" })
  missed!: number | null;
}

export const ResultMessage = createUnionType({
  name: "ResultMessage",
  types: () => [ResultRows, ResultGap] as const,
  resolveType: (value) => ("rows" in value ? ResultRows : ResultGap),
});

export function toResultMessage(event: ResultEvent, cursor: (place: number) => string): ResultRows | ResultGap {
  if (event.type === "rows") return { cursor: cursor(event.cursor), rows: event.rows, withheld: event.withheld };
  const { from, until, reason, rows } = event;
  return { from: cursor(from), until: cursor(until), reason, missed: rows ?? null };
}

@ObjectType({ description: "what could not be processed or delivered, as its lane sees it" })
export class DeadLetterModel {
  @Field(() => GraphQLDateTime)
  at!: Date;

  @Field(() => String, { description: "`process` or `deliver`" })
  stage!: string;

  @Field(() => ID, { description: "of the pipeline or the delivery" })
  owner!: string;

  @Field(() => String, { nullable: true })
  step!: string | null;

  @Field(() => String, { description: "stable" })
  code!: string;

  @Field(() => String)
  message!: string;

  @Field(() => GraphQLJSONObject)
  row!: Readonly<Record<string, unknown>>;
}
