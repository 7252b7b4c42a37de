import type { JetStreamClient } from "@nats-io/jetstream";
import { headers, type MsgHdrs, type NatsConnection } from "@nats-io/transport-node";
import type { ConsentState } from "@o2mc/schema/consent/decision.ts";
import type { ConsentReceipt } from "@o2mc/schema/consent/receipt.ts";
import { BUCKETS, bucketSubject, consentKey } from "@o2mc/schema/subjects.ts";
import { GroupCommit } from "./group-commit.ts";
import { jetStreamOf } from "./jetstream.ts";
import { FEW_MESSAGES, publishBatch, type BatchMessage } from "./publish-batch.ts";
import { ReceiptLog } from "./receipt-log.ts";

/** What is stored of a subject now, under `key` of the bucket, and the store's revision of it. */
export interface StoredConsent {
  readonly key: string;
  readonly state: ConsentState;
  readonly revision: number;
}

interface NextState extends Omit<StoredConsent, "revision"> {
  readonly after: number | undefined;
}

const MOST_TOGETHER = 500;
const stores = new WeakMap<NatsConnection, ConsentStore>();

/** Of one tenant's connection, always the same: what waits there goes out together. */
export function consentStore(nats: NatsConnection): ConsentStore {
  let store = stores.get(nats);
  if (store === undefined) stores.set(nats, (store = new ConsentStore(nats)));
  return store;
}

class ConsentStore {
  readonly #nats: NatsConnection;
  readonly #js: JetStreamClient;
  readonly #log: ReceiptLog;
  readonly #states: GroupCommit<NextState, number>;

  constructor(nats: NatsConnection) {
    this.#nats = nats;
    this.#js = jetStreamOf(nats);
    this.#log = new ReceiptLog(nats);
    this.#states = new GroupCommit(MOST_TOGETHER, (states) => this.#putAll(states));
  }

  /**
   * Makes it the subject's stored consent, with its receipt; `learn` is told as soon as it counts. Consent counts only
   * once its proof is stored; a withdrawal counts at once, and its sender repeats it when the proof could not be stored.
   * `after`: only while this is the revision of what is stored of the subject (0 = nothing).
   */
  async store(
    receipt: ConsentReceipt,
    after?: number,
    learn: (stored: StoredConsent) => void = () => undefined,
  ): Promise<void> {
    const state: ConsentState = {
      purposes: receipt.purposes.map(({ name }) => name),
      policyVersion: receipt.policyVersion,
      givenAt: Date.parse(receipt.event.at),
      receipt: receipt.id,
    };
    const key = consentKey(receipt.application, receipt.subjectKey);
    const put = async (): Promise<void> =>
      learn({ key, state, revision: await this.#states.add({ key, state, after }) });
    if (receipt.event.kind === "withdrawn") await put();
    await this.#log.append(receipt);
    if (receipt.event.kind === "given") await put();
  }

  async #putAll(states: readonly NextState[]): Promise<readonly PromiseSettledResult<number>[]> {
    const messages = (): BatchMessage[] =>
      states.map(({ key, state, after }) => ({
        subject: bucketSubject(BUCKETS.consent, key),
        data: JSON.stringify(state),
        ...(after === undefined ? {} : { headers: expecting(after) }),
      }));
    if (states.length > FEW_MESSAGES) {
      try {
        const { seq } = await publishBatch(this.#nats, this.#js, messages());
        return states.map((_, i) => ({ status: "fulfilled", value: seq - (states.length - 1 - i) }));
      } catch {
        // each for itself says what is wrong; the same state twice does no harm
      }
    }
    // in the order in which they are sent, which is theirs
    return Promise.allSettled(
      messages().map(async ({ subject, data, ...options }) => (await this.#js.publish(subject, data, options)).seq),
    );
  }
}

function expecting(revision: number): MsgHdrs {
  const expectations = headers();
  expectations.set("Nats-Expected-Last-Subject-Sequence", String(revision));
  return expectations;
}
