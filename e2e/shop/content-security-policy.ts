/** Strict: own scripts and styles, the edge for the one line, the API's socket for the live page; nothing inline. */
export function contentSecurityPolicy(edgeUrl: string, subscriptionsUrl: string): string {
  const edge = new URL(edgeUrl).origin;
  // `origin` of a ws: URL is "null" in some engines.
  const { protocol, host } = new URL(subscriptionsUrl);
  return [
    "default-src 'none'",
    `script-src 'self' ${edge}`,
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src 'self' ${edge} ${protocol}//${host}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
