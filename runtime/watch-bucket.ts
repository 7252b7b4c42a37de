import { jetstream, type ConsumerMessages, type JsMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import type { Logger } from "./log.ts";

/** What follows a bucket. Calls come one at a time, in the order of the bucket. */
export interface BucketFollower {
  /** a stored value, at first each that is there, then each change; must not throw */
  put(key: string, value: Uint8Array, revision: number): void;
  gone(key: string): void;
  /** every value that is stored has been put: what the follower knows is the bucket */
  complete(): void;
  /** the connection is lost: what the follower knows may be old until the next `complete` */
  stale(): void;
}

const RETRY_MS = 500;

/**
 * Follows the keys of a KV bucket that match `keys` until stopped. It reads the bucket anew after each reconnect, because the ordered consumer of the
 * library finds out only after a minute of silence that a restarted server has forgotten it, and a withdrawal must not
 * wait for that. It also waits for a bucket that is not made yet.
 */
export function watchBucket(
  nats: NatsConnection,
  bucket: string,
  follower: BucketFollower,
  log: Logger,
  keys = ">",
): { stop(): void } {
  const prefix = `$KV.${bucket}.`;
  const known = new Set<string>();
  let round = 0;
  let stopped = false;
  let messages: ConsumerMessages | undefined;
  let timer: NodeJS.Timeout | undefined;

  const restart = (delay: number): void => {
    round++;
    messages?.stop();
    messages = undefined;
    follower.stale();
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(() => void read(round), delay);
  };

  const forget = (key: string): void => {
    if (known.delete(key)) follower.gone(key);
  };

  async function read(mine: number): Promise<void> {
    const current = (): boolean => mine === round && !stopped;
    const seen = new Set<string>();
    try {
      const consumer = await jetstream(nats).consumers.getPushConsumer(`KV_${bucket}`, {
        filter_subjects: [prefix + keys],
        deliver_policy: "last_per_subject",
      });
      let pending = (await consumer.info(true)).num_pending;
      const finish = (): void => {
        for (const key of known) if (!seen.has(key)) forget(key);
        follower.complete();
      };
      const take = (message: JsMsg): void => {
        if (!current()) return;
        const key = message.subject.slice(prefix.length);
        if (isRemoval(message)) {
          forget(key);
        } else {
          known.add(key);
          if (pending > 0) seen.add(key);
          follower.put(key, message.data, message.seq);
        }
        if (pending > 0 && --pending === 0) finish();
      };
      if (!current()) return;
      if (pending === 0) finish();
      const opened = await consumer.consume({ callback: take });
      if (!current()) {
        opened.stop();
        return;
      }
      messages = opened;
      void opened.closed().then(() => {
        if (current()) restart(RETRY_MS);
      });
    } catch (error) {
      if (!current() || nats.isClosed()) return;
      log.debug({ err: error, bucket }, "bucket cannot be watched yet");
      restart(RETRY_MS);
    }
  }

  void (async () => {
    for await (const { type } of nats.status()) {
      if (stopped) return;
      if (type === "disconnect") follower.stale();
      if (type === "reconnect") restart(0);
    }
  })();
  void read(round);

  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      messages?.stop();
    },
  };
}

function isRemoval(message: JsMsg): boolean {
  const headers = message.headers;
  if (headers === undefined) return false;
  const operation = headers.get("KV-Operation");
  return operation === "DEL" || operation === "PURGE" || headers.get("Nats-Marker-Reason") !== "";
}
