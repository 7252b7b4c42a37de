import type { EntityName } from "@mikro-orm/core";
import { Max, Min } from "class-validator";
import { ArgsType, Field, Int, ObjectType, type ClassType } from "type-graphql";
import type { EntityManager } from "../db/orm.ts";
import { ApiError } from "../errors/api-error.ts";

@ObjectType()
export class PageInfo {
  @Field(() => Boolean)
  hasNextPage!: boolean;

  @Field(() => String, { nullable: true })
  endCursor!: string | null;
}

@ArgsType()
export class PageArgs {
  @Field(() => Int, { defaultValue: 50, description: "1 to 200" })
  @Min(1)
  @Max(200)
  first!: number;

  @Field(() => String, { nullable: true, description: "`endCursor` of the page before" })
  after?: string | null;
}

export interface Page<T> {
  readonly edges: readonly { readonly cursor: string; readonly node: T }[];
  readonly pageInfo: PageInfo;
}

/** Makes the GraphQL types `<name>Connection` and `<name>Edge` (Relay's cursor connections). */
export function connectionType<T extends object>(node: ClassType<T>, name: string): ClassType<Page<T>> {
  @ObjectType(`${name}Edge`)
  class Edge {
    @Field(() => node)
    node!: T;

    @Field(() => String)
    cursor!: string;
  }
  @ObjectType(`${name}Connection`)
  class Connection {
    @Field(() => [Edge])
    edges!: Edge[];

    @Field(() => PageInfo)
    pageInfo!: PageInfo;
  }
  return Connection;
}

/** One page of the rows that match, oldest first. */
export async function pageByCreation<Row extends { id: string; createdAt: Date }, T>(
  em: EntityManager,
  entity: EntityName<Row>,
  where: Readonly<Record<string, unknown>>,
  { first, after }: PageArgs,
  toNode: (row: Row) => T,
): Promise<Page<T>> {
  const start = after == null ? null : readCursor(after);
  const beyond =
    start === null ? {} : { $or: [{ createdAt: { $gt: start.at } }, { createdAt: start.at, id: { $gt: start.id } }] };
  const rows = await em.find<Row>(
    entity,
    { $and: [where, beyond] } as never,
    { orderBy: { createdAt: "asc", id: "asc" }, limit: first + 1 } as never,
  );
  return toPage(rows, first, (row) => `${row.createdAt.getTime()}.${row.id}`, toNode);
}

export function toPage<Row, T>(
  rows: readonly Row[],
  first: number,
  cursorOf: (row: Row) => string,
  toNode: (row: Row) => T,
): Page<T> {
  const edges = rows
    .slice(0, first)
    .map((row) => ({ cursor: Buffer.from(cursorOf(row)).toString("base64url"), node: toNode(row) }));
  return { edges, pageInfo: { hasNextPage: rows.length > first, endCursor: edges.at(-1)?.cursor ?? null } };
}

function readCursor(cursor: string): { at: Date; id: string } {
  const match = /^(\d{1,15})\.([\w]+)$/.exec(Buffer.from(cursor, "base64url").toString("utf8"));
  if (match?.[1] === undefined || match[2] === undefined) throw new ApiError("INVALID_CURSOR");
  return { at: new Date(Number(match[1])), id: match[2] };
}
