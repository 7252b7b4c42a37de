import { WebSocket } from "ws";
import type { Endpoints } from "./platform.ts";

/**
 * Everything that the server says to one subscription, as raw text: until it ends it, closes the socket, or `forMs` are over.
 * The protocol is graphql-transport-ws.
 */
export function rawSubscription(
  endpoints: Endpoints,
  token: string,
  query: string,
  variables: object,
  forMs: number,
): Promise<readonly string[]> {
  const socket = new WebSocket(endpoints.subscriptions, "graphql-transport-ws");
  const said: string[] = [];
  const send = (message: object): void => socket.send(JSON.stringify(message));
  return new Promise((done, fail) => {
    const over = setTimeout(() => socket.close(), forMs);
    socket.on("open", () => send({ type: "connection_init", payload: { authorization: `Bearer ${token}` } }));
    socket.on("message", (data: Buffer) => {
      const text = data.toString("utf8");
      said.push(text);
      const { type } = JSON.parse(text) as { type: string };
      if (type === "connection_ack") send({ type: "subscribe", id: "1", payload: { query, variables } });
      if (type === "error" || type === "complete") socket.close();
    });
    socket.on("error", fail);
    socket.on("close", (code) => {
      clearTimeout(over);
      said.push(`closed ${code}`);
      done(said);
    });
  });
}
