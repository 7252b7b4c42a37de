import { WebSocket } from "ws";
import { RESULTS, type OutputRef, type ResultMessage } from "../../testkit/api.ts";
import type { Endpoints } from "../../testkit/platform.ts";

/** A subscriber (graphql-transport-ws) that can stop reading its socket: what comes then stays in the network. */
export class StallingSubscriber {
  readonly #socket: WebSocket;
  /** of the socket; undefined while it is open */
  closed: number | undefined;

  constructor(
    endpoints: Endpoints,
    token: string,
    output: OutputRef,
    onMessage: (message: ResultMessage) => void,
    onError: (error: unknown) => void,
  ) {
    const socket = new WebSocket(endpoints.subscriptions, "graphql-transport-ws");
    const send = (message: object): void => socket.send(JSON.stringify(message));
    socket.on("open", () => send({ type: "connection_init", payload: { authorization: `Bearer ${token}` } }));
    socket.on("message", (data: Buffer) => {
      const { type, payload } = JSON.parse(data.toString("utf8")) as { type: string; payload: unknown };
      if (type === "connection_ack") {
        send({ type: "subscribe", id: "1", payload: { query: RESULTS, variables: { output } } });
      } else if (type === "next") {
        onMessage((payload as { data: { results: ResultMessage } }).data.results);
      } else if (type === "error") {
        onError(payload);
      }
    });
    socket.on("error", onError);
    socket.on("close", (code) => (this.closed = code));
    this.#socket = socket;
  }

  stall(): void {
    this.#socket.pause();
  }

  goOn(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.terminate();
  }
}
