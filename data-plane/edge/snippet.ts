import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { brotliCompressSync, gzipSync } from "node:zlib";

/** Serves the browser snippet, compressed once; a page may keep it for five minutes and then asks by ETag. */
export function snippetHandler(source: string): (request: IncomingMessage, response: ServerResponse) => void {
  const etag = `"${createHash("sha256").update(source).digest("base64url").slice(0, 22)}"`;
  const bodies = { br: brotliCompressSync(source), gzip: gzipSync(source), identity: Buffer.from(source) } as const;
  const common = {
    "content-type": "text/javascript; charset=utf-8",
    "cache-control": "public, max-age=300",
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
    "x-content-type-options": "nosniff",
    vary: "Accept-Encoding",
    etag,
  } as const;
  return (request, response) => {
    if (request.headers["if-none-match"] === etag) {
      response.writeHead(304, common).end();
      return;
    }
    const accepts = String(request.headers["accept-encoding"] ?? "");
    const encoding = /\bbr\b/.test(accepts) ? "br" : /\bgzip\b/.test(accepts) ? "gzip" : "identity";
    const body = bodies[encoding];
    response.writeHead(200, {
      ...common,
      "content-length": body.length,
      ...(encoding === "identity" ? {} : { "content-encoding": encoding }),
    });
    response.end(request.method === "HEAD" ? undefined : body);
  };
}
