import type { NextFunction, Request, RequestHandler, Response } from "express";

/** True for an `Origin` that may use the API from a browser. Programs send none. */
export type AllowsOrigin = (origin: string | undefined) => boolean;

const LOOPBACK = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

/** `origins` as browsers send them; `loopback`: any page of this machine, too. */
export function allowedOrigins(origins: readonly string[], loopback: boolean): AllowsOrigin {
  const allowed = new Set(origins);
  return (origin) => origin === undefined || allowed.has(origin) || (loopback && LOOPBACK.test(origin));
}

/** CORS for the origins that may; for others no header, so that their scripts can neither send nor read. */
export function cors(allows: AllowsOrigin): RequestHandler {
  return (request: Request, response: Response, next: NextFunction): void => {
    const { origin } = request.headers;
    response.setHeader("vary", "origin");
    if (origin !== undefined && allows(origin)) response.setHeader("access-control-allow-origin", origin);
    if (request.method !== "OPTIONS") {
      next();
      return;
    }
    response.setHeader("access-control-allow-methods", "POST, GET");
    response.setHeader("access-control-allow-headers", "authorization, content-type, apollo-require-preflight");
    response.setHeader("access-control-max-age", "600");
    response.status(204).end();
  };
}
