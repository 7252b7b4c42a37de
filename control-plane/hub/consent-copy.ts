import { DiscardPolicy, RetentionPolicy, StorageType, type JetStreamManager } from "@nats-io/jetstream";
import { bucketStream, bucketSubject, BUCKETS, consentCopy, token } from "@o2mc/schema/subjects.ts";
import { nullWhenMissing } from "./streams.ts";

/**
 * The stream in which an application's lanes read the stored consent of its subjects, and of no other's. The hub keeps it
 * even with the bucket; one that is older than its bucket copies one that was lost, and is made anew.
 */
export async function ensureConsentCopy(jsm: JetStreamManager, application: string): Promise<void> {
  const name = consentCopy(application);
  const bucket = bucketStream(BUCKETS.consent);
  const there = await jsm.streams.info(name).catch(nullWhenMissing);
  if (there !== null) {
    const { created } = await jsm.streams.info(bucket);
    if (Date.parse(there.created) >= Date.parse(created)) return;
    await removeConsentCopy(jsm, application);
  }
  await jsm.streams.add({
    name,
    // no mirror: each would answer direct reads of the bucket too, with what it has of it
    sources: [{ name: bucket, filter_subject: bucketSubject(BUCKETS.consent, `${token(application)}.>`) }],
    max_msgs_per_subject: 1,
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    allow_direct: true,
    deny_delete: true,
    num_replicas: 1,
    // a sync for each message would leave it seconds behind the bucket's batches; what a crash takes it copies again
    persist_mode: "async",
  });
}

export async function removeConsentCopy(jsm: JetStreamManager, application: string): Promise<void> {
  await jsm.streams.delete(consentCopy(application)).catch(nullWhenMissing);
}
