import { GraphQLDateTime } from "graphql-scalars";
import { Field, Float, ID, Int, ObjectType } from "type-graphql";
import type { StepHealth } from "@o2mc/schema/health/lane-health.ts";

@ObjectType({ description: "what one step has done since its partitions were taken over, over all of them" })
export class StepHealthModel implements StepHealth {
  @Field(() => String, { description: "such as `3.case-2.1`" })
  place!: string;

  @Field(() => String)
  verb!: string;

  @Field(() => Float, { description: "rows that came to it" })
  in!: number;

  @Field(() => Float, { description: "rows that went on from it" })
  out!: number;

  @Field(() => Float, { description: "rows that it is there to take out" })
  dropped!: number;

  @Field(() => Float, { description: "rows that became dead letters" })
  failed!: number;

  @Field(() => Float, { description: "rows that came too late" })
  late!: number;

  @Field(() => Float, { description: "rows that found no room in the tenant's state" })
  refused!: number;

  @Field(() => Float, { description: "time spent in it; a column is computed where its values are first needed" })
  nanoseconds!: number;

  @Field(() => Float, { nullable: true, description: "time for each row that came to it" })
  nanosecondsPerRow!: number | null;

  @Field(() => Float, { nullable: true, description: "open sessions, windows and the like; null = it has none" })
  keys!: number | null;

  @Field(() => Float, { description: "of memory, about" })
  bytes!: number;
}

@ObjectType()
export class PipelineHealthModel {
  @Field(() => ID)
  pipeline!: string;

  @Field(() => [StepHealthModel])
  steps!: readonly StepHealthModel[];
}

@ObjectType()
export class LaneHealth {
  @Field(() => String, { description: "its purposes, joined by `+`" })
  lane!: string;

  @Field(() => Int)
  partitions!: number;

  @Field(() => Int, { description: "partitions that a worker has now" })
  ownedPartitions!: number;

  @Field(() => Float, { description: "frames that wait for a worker" })
  lagFrames!: number;

  @Field(() => Float, { description: "events in these, by the mean of the frames that were processed" })
  lagEvents!: number;

  @Field(() => Float, { description: "how far behind the slowest partition is; 0 when nothing waits" })
  lagSeconds!: number;

  @Field(() => Float, { description: "events that were processed since the take-over" })
  events!: number;

  @Field(() => Float, { description: "of memory that the state takes" })
  stateBytes!: number;

  @Field(() => Float, { nullable: true, description: "what the state of one partition may take; null = not limited" })
  stateBytesLimit!: number | null;

  @Field(() => Float, { description: "rows that found no room in the state" })
  refused!: number;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: "when a worker told of it last; only what is news is told",
  })
  reportedAt!: Date | null;

  @Field(() => [PipelineHealthModel])
  pipelines!: readonly PipelineHealthModel[];
}
