import type { IncomingHttpHeaders } from "node:http";

const PREFLIGHT = {
  "access-control-allow-methods": "POST, PUT, GET",
  "access-control-allow-headers":
    "authorization, content-type, content-encoding, ce-specversion, ce-id, ce-type, ce-source, ce-time, ce-subject, ce-consent",
  "access-control-max-age": "600",
} as const;

/**
 * The CORS headers of an answer: a request from a page of one of `origins` may read it; `undefined` = the page's origin
 * is not among them. Requests that come from no page have no origin.
 */
export function corsHeaders(
  origins: readonly string[],
  headers: IncomingHttpHeaders,
  preflight = false,
): Record<string, string> | undefined {
  const { origin } = headers;
  if (origin === undefined) return { vary: "Origin" };
  if (!origins.includes(origin)) return undefined;
  return {
    vary: "Origin",
    "access-control-allow-origin": origin,
    "access-control-expose-headers": "retry-after",
    ...(preflight ? PREFLIGHT : {}),
  };
}
