import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { AckPolicy, jetstream, jetstreamManager, RetentionPolicy } from "@nats-io/jetstream";
import { encodeAccount, encodeUser } from "@nats-io/jwt";
import { type KV, Kvm } from "@nats-io/kv";
import { createAccount, createCurve, createUser, fromSeed, type KeyPair } from "@nats-io/nkeys";
import { type NatsConnection, nanos } from "@nats-io/transport-node";
import { connectWithCreds, connectWithJwt } from "@o2mc/runtime/nats.ts";
import { seal } from "@o2mc/runtime/sealed.ts";
import type { DestinationConfig, TenantAccess } from "@o2mc/schema/deployment/deployment.ts";
import type { DeliveryErased, DeliveryErasure } from "@o2mc/schema/events/delivery-erasure.ts";
import type { ResultFrame } from "@o2mc/schema/events/result-frame.ts";
import { resultMessage } from "@o2mc/schema/events/testkit/result-message.ts";
import {
  bucketRepublish,
  BUCKETS,
  bucketStream,
  deliveryConsumer,
  deliveryErasureSubject,
  DESTINATION_TESTS,
  directoryBucket,
  erasedKey,
  liveKeySubject,
  resultSubject,
  STREAM_SUBJECTS,
  STREAMS,
  WINDOW_CONSUMER,
} from "@o2mc/schema/subjects.ts";
import { type NatsOperator, startNatsOperator } from "../../../e2e/testkit/nats-operator.ts";

export const TENANT = "acme";
export const APP = "app";
export const MESSAGE_KEY = "a key of the hub of tests";
export const PIPELINE = "p1";

const UNLIMITED = { subs: -1, data: -1, payload: -1 };
const LIMITS = {
  ...UNLIMITED,
  imports: 0,
  exports: 0,
  conn: -1,
  leaf: 0,
  wildcards: true,
  mem_storage: 0,
  disk_storage: 1024 ** 3,
  streams: -1,
  consumer: -1,
};

/** deliver writes there what came of erasures and where it cannot begin, and reads nothing of it */
const WRITTEN = [`$KV.${BUCKETS.erasures}.>`, `$KV.${BUCKETS.destinationProblems}.*`];
const READ = [BUCKETS.deployments, BUCKETS.destinations, BUCKETS.consent];

/** All that deliver publishes to in a tenant's account; the control plane's list must hold these. */
const DELIVER_MAY = [
  `$JS.API.CONSUMER.INFO.${STREAMS.results}.*`,
  `$JS.API.CONSUMER.MSG.NEXT.${STREAMS.results}.*`,
  `$JS.API.CONSUMER.RESET.${STREAMS.results}.*`,
  `$JS.ACK.${STREAMS.results}.>`,
  `$JS.ACK.*.*.${STREAMS.results}.>`,
  "dead.>",
  "tested.*",
  ...WRITTEN,
  ...READ.map((bucket) => `$JS.API.DIRECT.GET.${bucketStream(bucket)}`),
];
const DELIVER_HEARS = ["_INBOX_deliver.>", DESTINATION_TESTS, ...READ.map((bucket) => liveKeySubject(bucket, ">"))];
const RESET = "$JS.API.CONSUMER.RESET.";

/** A real hub with one tenant, as the control plane leaves it: streams, buckets, the directory entry of deliver. */
export class TenantHub {
  readonly server: NatsOperator;
  /** may do everything in the tenant's account */
  readonly owner: NatsConnection;
  /** creds file of deliver's user in the platform account */
  readonly deliverCreds: string;
  readonly #account: KeyPair;
  readonly #seal = createCurve();

  private constructor(server: NatsOperator, owner: NatsConnection, deliverCreds: string, account: KeyPair) {
    this.server = server;
    this.owner = owner;
    this.deliverCreds = deliverCreds;
    this.#account = account;
    writeFileSync(this.sealSeedFile, this.#seal.getSeed(), { mode: 0o600 });
  }

  static async start(): Promise<TenantHub> {
    const server = await startNatsOperator();
    const account = createAccount();
    const signer = fromSeed(new TextEncoder().encode(server.operatorSeed));
    const system = await connectWithCreds({ url: server.url, name: "test", credsFile: server.systemCreds });
    await system.request(
      "$SYS.REQ.CLAIMS.UPDATE",
      await encodeAccount(TENANT, account, { limits: LIMITS }, { signer }),
      { timeout: 5000 },
    );
    await system.close();
    const owner = await connectWithJwt({ url: server.url, name: "owner", ...(await user(account)) });
    await makeStreams(owner);
    const deliverCreds = server.directoryCreds.deliver;
    const hub = new TenantHub(server, owner, deliverCreds, account);
    const platform = await connectWithCreds({ url: server.url, name: "test", credsFile: server.platformCreds });
    const bucket = await new Kvm(platform).create(directoryBucket("deliver"), {
      republish: bucketRepublish(directoryBucket("deliver")),
    });
    await bucket.put(TENANT, JSON.stringify(await hub.access(DELIVER_MAY)));
    await platform.close();
    return hub;
  }

  async stop(): Promise<void> {
    await this.owner.close();
    await this.server.stop();
  }

  /** A connection as deliver has it; without the right to reset a consumer where `mayReset` is false. */
  async connectDeliver(mayReset = true): Promise<NatsConnection> {
    const { jwt, seed } = await this.access(DELIVER_MAY.filter((subject) => mayReset || !subject.startsWith(RESET)));
    return connectWithJwt({ url: this.server.url, name: "deliver", inboxPrefix: "_INBOX_deliver", jwt, seed });
  }

  /** path of the seed that opens what `putDestination` seals */
  get sealSeedFile(): string {
    return join(this.server.directory, "deliver.seed");
  }

  /** As the control plane does it; `tenant`, `key` and `recipient` as an attacker would have them. */
  async putDestination(config: DestinationConfig, { tenant = TENANT, key = config.id, recipient = "" } = {}) {
    const { id } = config;
    const context = [tenant, BUCKETS.destinations, id];
    const sealed = seal(JSON.stringify(config), context, recipient === "" ? this.#seal.getPublicKey() : recipient);
    await (await this.bucket(BUCKETS.destinations)).put(key, JSON.stringify({ ...sealed, digest: "" }));
  }

  bucket(name: string): Promise<KV> {
    return new Kvm(this.owner).open(name);
  }

  async addDelivery(id: string, output: string, ackWaitMs = 60_000): Promise<void> {
    const jsm = await jetstreamManager(this.owner);
    await jsm.consumers.add(STREAMS.results, {
      durable_name: deliveryConsumer(id),
      filter_subjects: [resultSubject(APP, PIPELINE, output), deliveryErasureSubject(APP, id)],
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ackWaitMs),
    });
  }

  async publish(output: string, msgID: string, frame: ResultFrame): Promise<number> {
    const subject = resultSubject(APP, PIPELINE, output);
    return (await jetstream(this.owner).publish(subject, resultMessage(frame), { msgID })).seq;
  }

  async erase(delivery: string, erasure: string, subjectKey: string): Promise<void> {
    const message: DeliveryErasure = { v: 1, erasure, subjectKey };
    await jetstream(this.owner).publish(deliveryErasureSubject(APP, delivery), JSON.stringify(message));
  }

  /** What came of an erasure; undefined = nothing yet. */
  async erased(delivery: string, erasure: string): Promise<DeliveryErased | undefined> {
    return (await (await this.bucket(BUCKETS.erasures)).get(erasedKey(APP, erasure, delivery)))?.json();
  }

  private async access(allow: string[]): Promise<TenantAccess> {
    return {
      tenant: TENANT,
      messageKey: MESSAGE_KEY,
      ...(await user(this.#account, { pub: { allow }, sub: { allow: DELIVER_HEARS } })),
    };
  }
}

async function user(account: KeyPair, permissions: object = {}): Promise<{ jwt: string; seed: string }> {
  const pair = createUser();
  const jwt = await encodeUser("user", pair, account, { ...UNLIMITED, ...permissions });
  return { jwt, seed: new TextDecoder().decode(pair.getSeed()) };
}

async function makeStreams(owner: NatsConnection): Promise<void> {
  const jsm = await jetstreamManager(owner);
  await jsm.streams.add({
    name: STREAMS.results,
    subjects: [...STREAM_SUBJECTS.results],
    retention: RetentionPolicy.Interest,
  });
  await jsm.streams.add({ name: STREAMS.dead, subjects: [...STREAM_SUBJECTS.dead], retention: RetentionPolicy.Limits });
  await jsm.consumers.add(STREAMS.results, {
    durable_name: WINDOW_CONSUMER,
    ack_policy: AckPolicy.All,
    headers_only: true,
    max_ack_pending: -1,
  });
  const kvm = new Kvm(owner);
  for (const bucket of [...READ, BUCKETS.erasures, BUCKETS.destinationProblems])
    await kvm.create(bucket, { republish: bucketRepublish(bucket) });
}
