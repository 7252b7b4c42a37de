import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../failure.ts";
import { connect } from "node:net";

const TIMEOUT_MS = 2_000;

/** `/readyz` answers 200. */
export async function httpReady(port: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  await response.body?.cancel();
  return response.status === 200;
}

/** nats-server greets every client with `INFO`, and lets clients in only once JetStream has recovered. */
export function natsReady(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, "127.0.0.1");
    const finish = (ready: boolean) => (): void => {
      socket.destroy();
      done(ready);
    };
    socket.setTimeout(TIMEOUT_MS, finish(false));
    socket.once("error", finish(false));
    socket.once("data", (data) => finish(data.toString("latin1").startsWith("INFO "))());
  });
}

const PATIENCE_MS = 30_000;

/** Waits until the edge takes events for a source: it knows the source and its grant. Sends none. */
export async function untilTaken(eventsUrl: string, key: string): Promise<void> {
  const until = Date.now() + PATIENCE_MS;
  let last = "nothing";
  while (Date.now() < until) {
    try {
      const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const response = await fetch(eventsUrl, { method: "POST", body: "[]", headers, signal });
      await response.body?.cancel();
      // an edge may well hold that no event is a bad request; it has opened the door to say so
      if (response.status === 202 || response.status === 400) return;
      last = String(response.status);
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    await sleep(100);
  }
  throw new Failure(`${eventsUrl} answers ${last} after ${PATIENCE_MS / 1000} s; see the logs.`);
}
