import { ArgumentValidationError } from "type-graphql";
import { GraphQLError, type GraphQLFormattedError } from "graphql/index.js";
import type { Logger } from "@o2mc/runtime/log.ts";
import { ApiError } from "../errors/api-error.ts";
import { withoutValues } from "./without-values.ts";

/** graphql-js's and Apollo's own codes for requests that are not GraphQL or do not fit the schema */
const QUERY_CODES = new Set([
  "GRAPHQL_PARSE_FAILED",
  "GRAPHQL_VALIDATION_FAILED",
  "BAD_USER_INPUT",
  "BAD_REQUEST",
  "OPERATION_RESOLUTION_FAILURE",
  "PERSISTED_QUERY_NOT_FOUND",
  "PERSISTED_QUERY_NOT_SUPPORTED",
]);

/** graphql-js's suggestions tell names of the schema to who asks for wrong ones */
const SUGGESTION = / ?Did you mean .*\?$/s;

/**
 * Returns the function that turns any error into one of the catalogue; what is not expected is logged, not shown.
 * `suggestions`: whether an unknown name is answered with similar ones.
 */
export function errorFormatter(
  log: Logger,
  suggestions: boolean,
): (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError {
  return (given, error) => {
    const formatted = suggestions ? given : { ...given, message: given.message.replace(SUGGESTION, "") };
    const { extensions: _, ...place } = formatted;
    const known = knownError(formatted, error);
    if (known.code === "INTERNAL") log.error({ err: rootCause(error), path: formatted.path }, "a request failed");
    else if (known.code === "AUTH_UNAVAILABLE" || known.code === "HUB_UNAVAILABLE") {
      log.warn({ err: rootCause(rootCause(error)), code: known.code }, "a request could not be served");
    }
    return { ...place, message: known.message, extensions: known.extensions };
  };
}

function knownError(formatted: GraphQLFormattedError, error: unknown): ApiError {
  const cause = rootCause(error);
  if (cause instanceof ApiError) return cause;
  if (error instanceof ApiError) return error;
  if (cause instanceof ArgumentValidationError) {
    const [first] = cause.extensions.validationErrors;
    const [problem] = Object.values(first?.constraints ?? {});
    return new ApiError("INVALID_INPUT", { field: "Argument", problem: problem ?? "is not usable" });
  }
  const code = formatted.extensions?.["code"];
  // without another's cause graphql-js made it itself: a literal that does not fit, or a variable, whose error has one in it
  const isQuery = (typeof code === "string" && QUERY_CODES.has(code)) || cause instanceof GraphQLError;
  return isQuery
    ? new ApiError("QUERY_INVALID", { problem: withoutValues(formatted.message) })
    : new ApiError("INTERNAL");
}

function rootCause(error: unknown): unknown {
  // an ApiError keeps its cause to itself: it is for the log
  if (error instanceof ApiError) return error.originalError ?? error;
  return error instanceof GraphQLError && error.originalError != null ? error.originalError : error;
}
