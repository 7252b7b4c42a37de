import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { buildSnippet } from "@o2mc/sloc/build.ts";

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly cookie: string | undefined;
  readonly referrer: string | undefined;
  readonly authorization: string | undefined;
}

export interface SentEvent {
  readonly id: string;
  readonly type: string;
  readonly time: string;
  readonly subject: string;
  readonly data: Record<string, Record<string, unknown>>;
  readonly consent: { readonly purposes: string[]; readonly policyVersion: number; readonly givenAt: string };
}

export interface FakeEdge {
  readonly url: string;
  /** all but the script itself and CORS preflights */
  readonly requests: SeenRequest[];
  readonly events: () => SentEvent[];
  /** statuses for the next POSTs; 202 when there is none */
  readonly failures: number[];
  policyVersion: number;
  tcf: Readonly<Record<string, { readonly purposes: readonly number[]; readonly vendor: number | null }>>;
  readonly close: () => Promise<void>;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** The edge as a browser sees it: the network boundary of the snippet's tests. */
export async function startFakeEdge(): Promise<FakeEdge> {
  const snippet = await buildSnippet();
  const requests: SeenRequest[] = [];
  const accepted: SentEvent[] = [];
  const failures: number[] = [];

  const server = createServer((request, response) => {
    void (async () => {
      const body = await readBody(request);
      const method = request.method ?? "";
      const path = request.url ?? "";
      response.setHeader("access-control-allow-origin", request.headers.origin ?? "*");
      response.setHeader("access-control-allow-headers", "authorization, content-type");
      response.setHeader("access-control-allow-methods", "GET, POST, PUT");
      if (method === "OPTIONS") return response.writeHead(204).end();
      if (path === "/sloc.js") return response.setHeader("content-type", "text/javascript").end(snippet);
      const { cookie, referer: referrer, authorization } = request.headers;
      requests.push({ method, path, body, cookie, referrer, authorization });
      if (path === "/v1/sites/config") {
        const config = {
          source: "shop",
          writeKey: "wk",
          policyVersion: edge.policyVersion,
          purposes: ["analytics", "marketing"],
          denied: { gpc: ["marketing"], dnt: [] },
          tcf: edge.tcf,
        };
        return response.setHeader("content-type", "application/json").end(JSON.stringify(config));
      }
      if (method === "PUT") return response.writeHead(204).end();
      const status = failures.shift() ?? 202;
      if (status === 202) accepted.push(...(JSON.parse(body) as SentEvent[]));
      return response.writeHead(status).end("{}");
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const edge: FakeEdge = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    events: () => accepted,
    failures,
    policyVersion: 1,
    tcf: {},
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return edge;
}
