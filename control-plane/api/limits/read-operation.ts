import {
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
  type ExecutionArgs,
  type GraphQLSchema,
} from "graphql/index.js";
import { ApiError } from "../../errors/api-error.ts";
import type { PersistedOperations } from "../persisted/persisted-operations.ts";
import { checkDocument } from "./check-document.ts";
import { LIMITS } from "./limits.ts";

interface Payload {
  readonly query: string;
  readonly operationName?: string | undefined | null;
  readonly variables?: Record<string, unknown> | undefined | null;
  readonly extensions?: Record<string, unknown> | undefined | null;
}

interface Place {
  /** operations of the socket, this one among them */
  readonly running: number;
  readonly introspection: boolean;
  readonly operations: PersistedOperations;
}

/** What a WebSocket asks for, ready to be executed; or why not: the limits and checks that HTTP requests get from Apollo. */
export function readOperation(
  schema: GraphQLSchema,
  { query, operationName, variables, extensions }: Payload,
  { running, introspection, operations }: Place,
): ExecutionArgs | readonly GraphQLError[] {
  const limit = LIMITS.subscriptionsPerSocket;
  if (running > limit)
    return [new ApiError("TOO_MANY_SUBSCRIPTIONS", { limit: String(limit) }, { extensions: { limit } })];
  try {
    const document = parse(operations.textOf({ query, extensions }) ?? "", { maxTokens: LIMITS.tokens });
    checkDocument(schema, document, variables);
    const rules = introspection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];
    const problems = validate(schema, document, rules);
    if (problems.length > 0) return problems;
    return {
      schema,
      document,
      ...(operationName == null ? {} : { operationName }),
      ...(variables == null ? {} : { variableValues: variables }),
    };
  } catch (error) {
    if (error instanceof GraphQLError) return [error];
    throw error;
  }
}
