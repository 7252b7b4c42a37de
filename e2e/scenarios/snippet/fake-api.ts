import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";

export interface FakeApi {
  readonly url: string;
  /** sends to the subscribers of an output */
  readonly publish: (output: string, message: Readonly<Record<string, unknown>>) => void;
  readonly subscriptions: { readonly output: { readonly output: string }; readonly after?: string }[];
  readonly authorizations: unknown[];
  readonly dropConnections: () => void;
  readonly close: () => Promise<void>;
}

interface ClientMessage {
  readonly id?: string;
  readonly type: string;
  readonly payload?: { readonly variables?: FakeApi["subscriptions"][number]; readonly authorization?: string };
}

/** The platform's GraphQL socket (graphql-transport-ws) and its issuer's token endpoint, as the shop sees them. */
export async function startFakeApi(): Promise<FakeApi> {
  const subscriptions: FakeApi["subscriptions"] = [];
  const authorizations: unknown[] = [];
  const readers = new Map<string, Set<(message: object) => void>>();

  const http = createServer((request, response) => {
    const isToken = request.url === "/realms/o2mc/protocol/openid-connect/token";
    response.writeHead(isToken ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify({ access_token: "the-token", expires_in: 300 }));
    request.resume();
  });
  const sockets = new WebSocketServer({
    server: http,
    path: "/graphql",
    handleProtocols: (offered) => offered.has("graphql-transport-ws") && "graphql-transport-ws",
  });
  sockets.on("connection", (socket) => {
    const send = (message: object): void => socket.send(JSON.stringify(message));
    socket.on("message", (data: Buffer) => {
      const { id, type, payload } = JSON.parse(data.toString("utf8")) as ClientMessage;
      if (type === "connection_init") {
        authorizations.push(payload?.authorization);
        send({ type: "connection_ack" });
      }
      if (type === "subscribe" && payload?.variables) {
        const name = payload.variables.output.output;
        const all = readers.get(name) ?? new Set();
        const reader = (results: object): void => send({ id, type: "next", payload: { data: { results } } });
        readers.set(name, all.add(reader));
        socket.on("close", () => all.delete(reader));
        subscriptions.push(payload.variables);
      }
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const drop = (): void => sockets.clients.forEach((socket) => socket.terminate());
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    publish: (output, message) => readers.get(output)?.forEach((reader) => reader(message)),
    subscriptions,
    authorizations,
    dropConnections: drop,
    close: async () => {
      drop();
      sockets.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}
