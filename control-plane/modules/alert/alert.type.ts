import { GraphQLDateTime } from "graphql-scalars";
import { Field, ID, ObjectType } from "type-graphql";
import type { AlertRow } from "../../db/entities/alert.ts";

@ObjectType({ description: "a lane or a source that stands still" })
export class Alert {
  @Field(() => ID)
  id!: string;

  @Field(() => ID)
  application!: string;

  @Field(() => String, {
    description:
      "`lane-stalled`: nothing is processed although something waits, or ever more waits; `source-silent`: it sends nothing for twice its usual pause",
  })
  kind!: string;

  @Field(() => ID, { description: "the lane or the source" })
  target!: string;

  @Field(() => GraphQLDateTime)
  raisedAt!: Date;

  @Field(() => GraphQLDateTime, { nullable: true, description: "null = it goes on" })
  endedAt!: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true })
  acknowledgedAt!: Date | null;

  @Field(() => String, { nullable: true })
  acknowledgedBy!: string | null;
}

export const toAlert = (row: AlertRow): Alert =>
  Object.assign(new Alert(), {
    id: row.id,
    application: row.application,
    kind: row.kind,
    target: row.target,
    raisedAt: row.raisedAt,
    endedAt: row.endedAt,
    acknowledgedAt: row.acknowledgedAt,
    acknowledgedBy: row.acknowledgedBy,
  });
