import { readKey } from "@o2mc/runtime/bucket.ts";
import type { Deployment } from "@o2mc/schema/deployment/deployment.ts";
import type { DeliveryErased, DeliveryErasure } from "@o2mc/schema/events/delivery-erasure.ts";
import {
  BUCKETS,
  bucketStream,
  bucketSubject,
  deliveryErasureSubject,
  erasedKey,
  STREAMS,
  token,
} from "@o2mc/schema/subjects.ts";
import type { TenantConnection } from "../hub/connection.ts";
import type { ErasePart } from "./erase-part.ts";
import { isStored } from "./is-stored.ts";

const FIRST_RETRY_MS = 5_000;
const MAX_RETRY_MS = 10 * 60_000;

interface Place {
  readonly delivery: string;
  readonly destination: string;
  readonly state: "not-told" | "told" | "done" | "refused" | "deleted";
  /** sequence in RESULTS of what told it */
  readonly message?: number;
  /** that the destination refused */
  readonly attempts: number;
  /** epoch ms: not told again before */
  readonly notBefore: number;
  /** stable code of the last refusal */
  readonly code?: string;
  /** what the destination says */
  readonly receipt?: Readonly<Record<string, unknown>>;
}

/**
 * What destinations have of the subject. Each delivery is told behind the results before it, and says what came of it in the
 * bucket `erasures`; a refusal is repeated. A delivery that does not run now is told when it does; one that is deleted
 * leaves its destination to the customer.
 */
export const eraseDelivered: ErasePart = async ({ erasure, part, connection, deliveries }) => {
  const { id, application, subjectKey } = erasure;
  const entry = await connection.deployments.get(token(application));
  const deployed = new Set(
    entry?.operation === "PUT" ? entry.json<Deployment>().deliveries.map((delivery) => delivery.id) : [],
  );
  const sent = (part.receipt?.["deliveries"] ?? []) as readonly Place[];
  const places: Place[] = [];
  for (const delivery of deliveries) {
    const none = { delivery: delivery.id, destination: delivery.destination, attempts: 0, notBefore: 0 };
    const before = sent.find((place) => place.delivery === delivery.id) ?? { ...none, state: "not-told" };
    const answered = await answer(connection, erasedKey(application, id, delivery.id), before);
    const tell = answered.state === "refused" || answered.state === "not-told";
    if (!tell || !deployed.has(delivery.id) || answered.notBefore > Date.now()) {
      places.push(answered);
      continue;
    }
    const message: DeliveryErasure = { v: 1, erasure: id, subjectKey };
    const subject = deliveryErasureSubject(application, delivery.id);
    const { seq } = await connection.js.publish(subject, JSON.stringify(message));
    places.push({ ...answered, state: "told", message: seq });
  }
  const gone = sent.filter((place) => !deliveries.some((delivery) => delivery.id === place.delivery));
  for (const place of gone) places.push(place.state === "done" ? place : { ...place, state: "deleted" });
  const done = places.every(({ state }) => state === "done" || state === "deleted");
  return { state: done ? "done" : "waiting", receipt: { deliveries: places } };
};

/** The place, with what the delivery has said since it was told. */
async function answer(connection: TenantConnection, key: string, before: Place): Promise<Place> {
  if (before.state !== "told") return before;
  // asked first: an answer is there before its question is acknowledged
  const underWay = before.message !== undefined && (await isStored(connection, STREAMS.results, before.message));
  const stored = await readKey(connection.nc, BUCKETS.erasures, key);
  // a delivery that was stopped meanwhile has lost the message with its consumer
  if (stored === undefined) return underWay ? before : { ...before, state: "not-told" };
  const { code, receipt } = JSON.parse(new TextDecoder().decode(stored.value)) as DeliveryErased;
  // the next answer is another; and what is done stands in the part
  const filter = bucketSubject(BUCKETS.erasures, key);
  await connection.jsm.streams.purge(bucketStream(BUCKETS.erasures), { filter });
  const { code: _, ...rest } = before;
  if (code === undefined) return { ...rest, state: "done", receipt };
  const attempts = before.attempts + 1;
  const pause = Math.min(FIRST_RETRY_MS * 2 ** (attempts - 1), MAX_RETRY_MS);
  return { ...rest, state: "refused", attempts, notBefore: Date.now() + pause, code };
}
