import { JetStreamApiError } from "@nats-io/jetstream";
import { headers, type NatsConnection } from "@nats-io/transport-node";
import { bucketStream, bucketSubject } from "@o2mc/schema/subjects.ts";
import { apiPrefix, jetStreamOf } from "./jetstream.ts";

export interface StoredValue {
  readonly value: Uint8Array;
  /** sequence of the bucket's stream */
  readonly revision: number;
}

/** The last message of one subject of a stream; undefined when there is none. Needs no more than that subject's right. */
export async function lastMessage(
  nats: NatsConnection,
  stream: string,
  subject: string,
): Promise<(StoredValue & { readonly removed: boolean }) | undefined> {
  const answer = await nats.request(`${apiPrefix(nats)}.DIRECT.GET.${stream}.${subject}`, undefined, {
    timeout: 5000,
  });
  const code = answer.headers?.code ?? 0;
  if (code === 404) return undefined;
  if (code >= 400) throw new Error(`the hub does not give ${subject}: ${code} ${answer.headers?.description}`);
  const revision = Number(answer.headers?.get("Nats-Sequence"));
  if (!Number.isSafeInteger(revision) || revision < 1)
    throw new Error(`the hub's answer for ${subject} has no sequence`);
  return { value: answer.data, revision, removed: isRemoval((name) => answer.headers?.get(name) ?? "") };
}

/** Undefined when the key has no value. Unlike the library's, keys may hold `+`. */
export async function readKey(nats: NatsConnection, bucket: string, key: string): Promise<StoredValue | undefined> {
  const last = await lastMessage(nats, bucketStream(bucket), bucketSubject(bucket, key));
  return last?.removed === true ? undefined : last;
}

/** Throws WrongRevision when `expected` is given and another revision is the key's last (0 = it has none). */
export async function writeKey(
  nats: NatsConnection,
  bucket: string,
  key: string,
  value: string | Uint8Array,
  expected?: number,
): Promise<number> {
  try {
    const expect = expected === undefined ? {} : { expect: { lastSubjectSequence: expected } };
    return (await jetStreamOf(nats).publish(bucketSubject(bucket, key), value, expect)).seq;
  } catch (error) {
    throw error instanceof JetStreamApiError && error.code === WRONG_LAST_SEQUENCE ? new WrongRevision(error) : error;
  }
}

/** Leaves no value behind, only a mark that there was one. */
export async function removeKey(nats: NatsConnection, bucket: string, key: string): Promise<void> {
  const removal = headers();
  removal.set("KV-Operation", "DEL");
  await jetStreamOf(nats).publish(bucketSubject(bucket, key), "", { headers: removal });
}

const WRONG_LAST_SEQUENCE = 10_071;

/** Somebody else has written the key since. */
export class WrongRevision extends Error {
  constructor(cause: unknown) {
    super("the key has another revision", { cause });
    this.name = "WrongRevision";
  }
}

/** By the headers of a bucket's message. */
export function isRemoval(header: (name: string) => string): boolean {
  const operation = header("KV-Operation");
  return operation === "DEL" || operation === "PURGE" || header("Nats-Marker-Reason") !== "";
}
