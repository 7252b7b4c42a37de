import type { NatsConnection } from "@nats-io/transport-node";

/** Whether `connection` reaches the hub now, followed by its own status messages: what readiness tells. */
export function followConnection(connection: NatsConnection): { readonly connected: boolean } {
  const state = { connected: true };
  void (async () => {
    for await (const { type } of connection.status()) {
      if (type === "disconnect") state.connected = false;
      if (type === "reconnect") state.connected = true;
    }
  })();
  return state;
}
