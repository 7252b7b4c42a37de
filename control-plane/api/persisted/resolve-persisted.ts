import type { NextFunction, Request, RequestHandler, Response } from "express";
import { ApiError } from "../../errors/api-error.ts";
import { inAddress, type Asked } from "../in-address.ts";
import { sendError } from "../limits/limit-requests.ts";
import type { PersistedOperations } from "./persisted-operations.ts";

/**
 * Puts the manifest's text where a request over HTTP names it by its hash, so that everything behind sees a text only: the
 * limits, and Apollo, which has a protocol of its own for hashes.
 */
export function resolvePersisted(operations: PersistedOperations): RequestHandler {
  return (request: Request, response: Response, next: NextFunction): void => {
    // what is no object is refused behind this, and never runs
    const inUrl = request.method === "GET";
    const asked: unknown = inUrl ? inAddress(request.url) : request.body;
    if (typeof asked !== "object" || asked === null || Array.isArray(asked)) {
      next();
      return;
    }
    const { query, extensions, ...rest } = asked as Asked;
    try {
      const text = operations.textOf({ query, extensions: inUrl ? parsed(extensions) : extensions });
      // nothing but hashes is read of extensions
      const resolved = { ...rest, ...(text === undefined ? { query } : { query: text }) };
      if (!inUrl) request.body = resolved;
      else if (text !== undefined) request.url = withParameters(request.url, resolved);
      next();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      sendError(response, error);
    }
  };
}

function parsed(value: unknown): unknown {
  if (typeof value !== "string") return undefined;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

/** Each parameter once, as it was read: what stands twice cannot mean one thing here and another behind. */
function withParameters(url: string, values: Asked): string {
  const [path = ""] = url.split(/[?#]/, 1);
  const texts = Object.entries(values).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return `${path}?${new URLSearchParams(texts).toString()}`;
}
