import type { ErrorRequestHandler } from "express";
import type { Logger } from "@o2mc/runtime/log.ts";
import { ApiError } from "../errors/api-error.ts";
import type { ErrorCode } from "../errors/catalogue.ts";
import { sendError } from "./limits/limit-requests.ts";

/** Outside GraphQL, whose answers have the code inside. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  NOT_FOUND: 404,
  HUB_UNAVAILABLE: 503,
  FORBIDDEN: 403,
  TENANT_UNKNOWN: 403,
  MEMBER_DISABLED: 403,
  TOO_MANY_ATTEMPTS: 429,
  AUTH_UNAVAILABLE: 503,
  OPERATION_TIMEOUT: 503,
};

/** Bytes, as the parser of the body was told. */
const limitOf = (error: unknown): string =>
  error instanceof Error && "limit" in error ? `${String(error.limit)} bytes` : "what is read";

/** Errors of the catalogue for whatever goes wrong outside GraphQL: Express's own answer shows the stack. */
export function httpErrors(log: Logger): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    if (error instanceof ApiError) {
      sendError(response, error, STATUS[error.code] ?? 400);
      return;
    }
    const status = error instanceof Error && "status" in error ? Number(error.status) : 500;
    if (status === 413) sendError(response, new ApiError("QUERY_TOO_LONG", { limit: limitOf(error) }), status);
    else if (status < 500) {
      sendError(response, new ApiError("QUERY_INVALID", { problem: "The body cannot be read." }), status);
    } else {
      log.error({ err: error }, "a request failed");
      sendError(response, new ApiError("INTERNAL"), 500);
    }
  };
}
