import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

interface Health {
  /** true = the hub is connected; one destination or partition in trouble makes no process unready */
  ready(): boolean;
  metrics(): unknown;
}

interface HealthServer {
  readonly port: number;
  close(): void;
}

/** `/healthz`, `/readyz` and `/metrics` (JSON). */
export async function serveHealth(host: string, port: number, health: Health): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    if (request.method !== "GET") answer(405, { status: "method not allowed" });
    else if (request.url === "/healthz") answer(200, { status: "ok" });
    else if (request.url === "/readyz")
      answer(health.ready() ? 200 : 503, { status: health.ready() ? "ok" : "no hub" });
    else if (request.url === "/metrics") answer(200, health.metrics());
    else answer(404, { status: "not found" });
  });
  server.listen(port, host);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
