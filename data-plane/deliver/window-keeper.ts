import type { JsMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { jetStreamOf } from "@o2mc/runtime/jetstream.ts";
import type { Logger } from "@o2mc/runtime/log.ts";
import { STREAMS, WINDOW_CONSUMER } from "@o2mc/schema/subjects.ts";
import { pause } from "./back-off.ts";

const PULL = { max_messages: 256, expires: 1_000 } as const;
const LOOK_MS = 1_000;
const RETRY_MS = 2_000;
const DEFAULT_ACK_WAIT_MS = 30_000;
const NANOS_PER_MS_NUMBER = 1e6;
const NANOS_PER_MS = 1_000_000n;

/**
 * Keeps results in the hub for `windowSeconds` by acknowledging, on a consumer of its own, only what is older: so long a
 * subscriber may come back, and so long a restarted hub knows the message ids of results that process publishes again.
 */
export async function keepWindow(
  connection: NatsConnection,
  windowSeconds: number,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await keep(connection, windowSeconds * 1000, signal);
    } catch (error) {
      if (signal.aborted) return;
      log.warn({ err: error }, "result window interrupted");
      await pause(RETRY_MS, signal);
    }
  }
}

async function keep(connection: NatsConnection, windowMs: number, signal: AbortSignal): Promise<void> {
  const consumer = await jetStreamOf(connection).consumers.get(STREAMS.results, WINDOW_CONSUMER);
  const { ack_wait: ackWait } = (await consumer.info(true)).config;
  const aliveMs = (ackWait === undefined ? DEFAULT_ACK_WAIT_MS : ackWait / NANOS_PER_MS_NUMBER) / 4;
  while (!signal.aborted) {
    const messages: JsMsg[] = [];
    const pulled = await consumer.fetch(PULL);
    for await (const message of pulled) messages.push(message);
    await releaseInTime(messages, windowMs, aliveMs, signal);
  }
}

/** Acknowledges all of `messages`, each when its time has come; one acknowledgement covers all before it. */
async function releaseInTime(
  messages: readonly JsMsg[],
  windowMs: number,
  aliveMs: number,
  signal: AbortSignal,
): Promise<void> {
  let kept = messages;
  let told = Date.now();
  while (kept.length > 0) {
    const limit = BigInt(Date.now() - windowMs) * NANOS_PER_MS;
    const young = kept.filter((message) => message.timestampNanos > limit);
    const old = kept.filter((message) => message.timestampNanos <= limit);
    const last = old.reduce<JsMsg | undefined>((a, b) => (a === undefined || b.seq > a.seq ? b : a), undefined);
    last?.ack();
    kept = young;
    if (kept.length === 0) return;
    if (Date.now() - told >= aliveMs) {
      for (const message of kept) message.working();
      told = Date.now();
    }
    await pause(LOOK_MS, signal);
    if (signal.aborted) return;
  }
}
