import type { DocumentNode, GraphQLSchema } from "graphql/index.js";
import { ApiError } from "../../errors/api-error.ts";
import { LIMITS } from "./limits.ts";
import { measureDocument } from "./measure-operation.ts";

/** Throws QUERY_TOO_DEEP, QUERY_TOO_MANY_ALIASES or QUERY_TOO_COSTLY; meant for before validation, whose time grows with the square. */
export function checkDocument(schema: GraphQLSchema, document: DocumentNode, variables: unknown): void {
  const given = typeof variables === "object" && variables !== null ? (variables as Record<string, unknown>) : {};
  const { depth, aliases, selections, objects } = measureDocument(schema, document, given);
  if (depth > LIMITS.depth) throw tooMuch("QUERY_TOO_DEEP", depth, LIMITS.depth);
  if (aliases > LIMITS.aliases) throw tooMuch("QUERY_TOO_MANY_ALIASES", aliases, LIMITS.aliases);
  if (selections > LIMITS.selections) throw tooMuch("QUERY_TOO_MANY_FIELDS", selections, LIMITS.selections);
  if (objects > LIMITS.objects) throw tooMuch("QUERY_TOO_COSTLY", objects, LIMITS.objects);
}

type Code = "QUERY_TOO_DEEP" | "QUERY_TOO_MANY_ALIASES" | "QUERY_TOO_MANY_FIELDS" | "QUERY_TOO_COSTLY";

const tooMuch = (code: Code, asked: number, limit: number): ApiError =>
  new ApiError(
    code,
    { limit: String(limit) },
    { extensions: { limit, asked: Math.min(asked, Number.MAX_SAFE_INTEGER) } },
  );
