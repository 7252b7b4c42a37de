import type { NextFunction, Request, RequestHandler, Response } from "express";
import { parse, type DocumentNode, type GraphQLSchema } from "graphql/index.js";
import { ApiError } from "../../errors/api-error.ts";
import { inAddress, type Asked } from "../in-address.ts";
import { checkDocument } from "./check-document.ts";
import { LIMITS } from "./limits.ts";

/** Answers requests that ask for too much before Apollo sees them: it has no place for it ahead of validation. */
export function limitRequests(schema: GraphQLSchema): RequestHandler {
  return (request: Request, response: Response, next: NextFunction): void => {
    const asked = request.method === "GET" ? inAddress(request.url) : (request.body as Asked | undefined);
    if (Array.isArray(asked)) {
      sendError(response, new ApiError("BATCH_REFUSED"));
      return;
    }
    const query = asked?.["query"];
    const document = typeof query === "string" ? parsed(query) : null;
    try {
      if (document !== null) checkDocument(schema, document, variablesOf(asked?.["variables"]));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      sendError(response, error);
      return;
    }
    next();
  };
}

/** Answers outside GraphQL's execution, in its form. */
export function sendError(response: Response, error: ApiError, status = 400): void {
  response.status(status).json({ errors: [{ message: error.message, extensions: error.extensions }] });
}

/** null for what Apollo refuses with the place of the mistake */
function parsed(query: string): DocumentNode | null {
  try {
    return parse(query, { maxTokens: LIMITS.tokens, noLocation: true });
  } catch {
    return null;
  }
}

/** In an address they are JSON. */
function variablesOf(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return {};
  }
}
