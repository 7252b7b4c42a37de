import { JetStreamError, type StoredMsg } from "@nats-io/jetstream";
import type { Msg, NatsConnection } from "@nats-io/transport-node";
import { bucketStream, bucketSubject, liveKeySubject } from "@o2mc/schema/subjects.ts";
import { isRemoval, lastMessage } from "./bucket.ts";
import { jetStreamManagerOf } from "./jetstream.ts";
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
const BATCH = 512;
const BATCH_BYTES = 4 * 1024 * 1024;

interface WatchOptions {
  /** all unless named */
  readonly keys?: string;
  /** stream whose source is these keys, to be read by whom may not read the bucket as a whole */
  readonly copy?: string | undefined;
}

/**
 * Follows the keys of a KV bucket that match `keys` until stopped. It hears what the bucket republishes and reads what is
 * stored, anew after each reconnect, because a withdrawal must not wait. No consumer of its own: whoever may make one may
 * also name the subject that the hub then publishes to, and with it forge anything. It also waits for a bucket that is not made yet.
 */
export function watchBucket(
  nats: NatsConnection,
  bucket: string,
  follower: BucketFollower,
  log: Logger,
  { keys = ">", copy }: WatchOptions = {},
): { stop(): void } {
  const known = new Set<string>();
  let round = new Round();
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  const restart = (delay: number): void => {
    round.cancel();
    round = new Round();
    follower.stale();
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(() => void read(round), delay);
  };

  const take = (key: string, value: Uint8Array, revision: number, removed: boolean): void => {
    if (!round.isNews(key, revision)) return;
    if (!removed) {
      known.add(key);
      follower.put(key, value, revision);
    } else if (known.delete(key)) follower.gone(key);
  };

  const livePrefix = liveKeySubject(bucket, "");
  const live = nats.subscribe(liveKeySubject(bucket, keys), {
    callback: (error, message) => {
      if (error !== null || stopped) return;
      const revision = sequence(message);
      // counted anew: the bucket was lost and made again
      if (round.startedOver(revision)) restart(0);
      else take(message.subject.slice(livePrefix.length), message.data, revision, isRemoval(headerOf(message)));
    },
  });

  async function read(mine: Round): Promise<void> {
    const current = (): boolean => mine === round && !stopped;
    try {
      // what is stored from here on is heard
      await nats.flush();
      const stored = isLiteral(keys)
        ? readOne(nats, bucket, keys)
        : copy === undefined
          ? readAll(nats, bucketStream(bucket), bucket, keys, mine)
          : readCopy(nats, copy, bucket, keys, mine);
      for await (const { key, value, revision, removed } of stored) {
        if (!current()) return;
        take(key, value, revision, removed);
      }
      if (!current()) return;
      for (const key of known) {
        if (mine.has(key)) continue;
        known.delete(key);
        follower.gone(key);
      }
      follower.complete();
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
      round.cancel();
      live.unsubscribe();
    },
  };
}

/** One reading of the bucket, and what came live meanwhile and since. */
class Round {
  readonly #revisions = new Map<string, number>();
  #newest = 0;
  /** ends a read that waits for an answer which may never come */
  cancel: () => void = () => undefined;

  isNews(key: string, revision: number): boolean {
    if (revision <= (this.#revisions.get(key) ?? 0)) return false;
    this.#revisions.set(key, revision);
    return true;
  }

  has(key: string): boolean {
    return this.#revisions.has(key);
  }

  /** Live revisions rise; one that does not belongs to another life of the bucket. */
  startedOver(revision: number): boolean {
    if (revision <= this.#newest) return true;
    this.#newest = revision;
    return false;
  }
}

interface StoredKey {
  readonly key: string;
  readonly value: Uint8Array;
  readonly revision: number;
  readonly removed: boolean;
}

async function* readOne(nats: NatsConnection, bucket: string, key: string): AsyncGenerator<StoredKey> {
  const last = await lastMessage(nats, bucketStream(bucket), bucketSubject(bucket, key));
  if (last !== undefined) yield { key, ...last };
}

/** Throws unless the copy was as far as the bucket when the reading began, which is when news began to be heard. */
async function* readCopy(
  nats: NatsConnection,
  copy: string,
  bucket: string,
  keys: string,
  round: Round,
): AsyncGenerator<StoredKey> {
  const newestStored = async (): Promise<number> =>
    (await lastMessage(nats, bucketStream(bucket), bucketSubject(bucket, keys)))?.revision ?? 0;
  const wanted = await newestStored();
  let newest = 0;
  for await (const stored of readAll(nats, copy, bucket, keys, round, sourceSequence)) {
    newest = Math.max(newest, stored.revision);
    yield stored;
  }
  if (newest < wanted) throw new Error(`${copy} is behind its bucket`);
  if (newest > (await newestStored())) throw new Error(`${copy} is of another life of its bucket`);
}

/** Buckets keep one message a key. */
async function* readAll(
  nats: NatsConnection,
  stream: string,
  bucket: string,
  keys: string,
  round: Round,
  revisionOf = (message: StoredMsg): number => message.seq,
): AsyncGenerator<StoredKey> {
  const { direct } = await jetStreamManagerOf(nats);
  const prefix = bucketSubject(bucket, "");
  for (let seq = 1; ;) {
    let count = 0;
    const batch = await direct.getBatch(stream, {
      seq,
      next_by_subj: bucketSubject(bucket, keys),
      batch: BATCH,
      max_bytes: BATCH_BYTES,
    });
    round.cancel = () => batch.stop();
    try {
      for await (const message of batch) {
        count++;
        seq = message.seq + 1;
        const removed = isRemoval((name) => message.header.get(name));
        const revision = revisionOf(message);
        yield { key: message.subject.slice(prefix.length), value: message.data, revision, removed };
      }
    } catch (error) {
      if (!(error instanceof JetStreamError && "code" in error && error.code === 404)) throw error;
    }
    if (count === 0) return;
  }
}

/** `<stream> <sequence> …`, set by the hub, of the message that was copied */
function sourceSequence({ header }: StoredMsg): number {
  const sequence = Number(header.get("Nats-Stream-Source").split(" ")[1]);
  if (!Number.isSafeInteger(sequence) || sequence < 1) throw new Error("a copied message does not say its source");
  return sequence;
}

const isLiteral = (keys: string): boolean => !keys.split(".").some((part) => part === "*" || part === ">");

const headerOf =
  (message: Msg) =>
  (name: string): string =>
    message.headers?.get(name) ?? "";

const sequence = (message: Msg): number => Number(headerOf(message)("Nats-Sequence"));
