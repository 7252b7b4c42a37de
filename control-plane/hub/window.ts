import type { ConsumerMessages, JsMsg } from "@nats-io/jetstream";
import { STREAMS, WINDOW_CONSUMER } from "@o2mc/schema/subjects.ts";
import type { TenantConnection } from "./connection.ts";

const RETRY_MS = 1_000;
const TICK_MS = 1_000;

/**
 * Lets results go once they are `windowMs` old: a subscriber can come back for that long. The window's consumer sees the
 * headers of every result and holds its interest until it is acknowledged here; one acknowledgement covers all before it,
 * so that one message a second is remembered. Runs until the connection closes.
 */
export function holdWindow({ nc, js }: TenantConnection, windowMs: number): void {
  let held: JsMsg[] = [];
  let messages: ConsumerMessages | undefined;
  const consume = async (): Promise<void> => {
    while (!nc.isClosed()) {
      try {
        const consumer = await js.consumers.get(STREAMS.results, WINDOW_CONSUMER);
        // what an earlier life has seen and not acknowledged is held by the consumer; the next one's acknowledgement covers it
        messages = await consumer.consume({ max_messages: 1_000 });
        for await (const message of messages) {
          const last = held.at(-1);
          if (last !== undefined && tickOf(message) === tickOf(last)) held[held.length - 1] = message;
          else held.push(message);
        }
      } catch {
        // the consumer is not there yet, or went while nobody looked after it
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
    }
  };
  const timer = setInterval(() => {
    const now = Date.now();
    const due = held.findLastIndex((message) => now - timeOf(message) >= windowMs);
    if (due < 0) return;
    held[due]?.ack();
    held = held.slice(due + 1);
  }, TICK_MS);
  timer.unref();
  void nc.closed().then(() => clearInterval(timer));
  void consume();
}

const timeOf = (message: JsMsg): number => message.info.timestampNanos / 1_000_000;

const tickOf = (message: JsMsg): number => Math.floor(timeOf(message) / TICK_MS);
