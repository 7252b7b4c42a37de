import { JetStreamApiError, type JetStreamClient, type JetStreamManager } from "@nats-io/jetstream";
import { headers, type NatsConnection } from "@nats-io/transport-node";
import { receiptHash, type ConsentReceipt, type StoredReceipt } from "@o2mc/schema/consent/receipt.ts";
import { receiptSubject, receiptSubjects, STREAMS } from "@o2mc/schema/subjects.ts";
import { jetStreamManagerOf, jetStreamOf } from "./jetstream.ts";

/** The end of an application's chain: where the next receipt goes. */
interface Head {
  /** stream sequence of the last receipt; 0 = there is none */
  readonly seq: number;
  readonly hash: string;
}

/** Another writer was faster, as the server says it: wrong last sequence, by stream or by subject. */
const OVERTAKEN = new Set([10_071, 10_164]);
const NO_MESSAGE = 10_037;
const MAX_ATTEMPTS = 20;

/**
 * Appends receipts to the chains of one tenant. Each names the hash of the one before it, so there is one place where it
 * fits: the hub takes it only while no other writer has put one there, else it is tried again behind that.
 */
export class ReceiptLog {
  readonly #nats: NatsConnection;
  readonly #js: JetStreamClient;
  #jsm: Promise<JetStreamManager> | undefined;
  readonly #heads = new Map<string, Head>();
  /** of each application the last append: they follow one another */
  readonly #queues = new Map<string, Promise<void>>();

  constructor(nats: NatsConnection) {
    this.#nats = nats;
    this.#js = jetStreamOf(nats);
  }

  /** Resolves when the hub holds the receipt; rejects when it is not known to: then nothing may rest on it. */
  append(receipt: ConsentReceipt): Promise<void> {
    const { application } = receipt;
    const before = this.#queues.get(application) ?? Promise.resolve();
    const appended = before.then(() => this.#append(receipt));
    this.#queues.set(
      application,
      appended.catch(() => undefined),
    );
    return appended;
  }

  async #append(receipt: ConsentReceipt): Promise<void> {
    const { application, subjectKey } = receipt;
    const subject = receiptSubject(application, subjectKey);
    for (let attempt = 1; ; attempt++) {
      const { seq: last, hash: previous } = this.#heads.get(application) ?? (await this.#readHead(application));
      const hash = receiptHash(receipt, previous);
      const stored: StoredReceipt = { receipt, previous, hash };
      const expectations = headers();
      expectations.set("Nats-Expected-Last-Subject-Sequence", String(last));
      expectations.set("Nats-Expected-Last-Subject-Sequence-Subject", receiptSubjects(application));
      // in doubt the end of the chain is read anew
      this.#heads.delete(application);
      try {
        const options = { msgID: receipt.id, headers: expectations };
        const { seq, duplicate } = await this.#js.publish(subject, JSON.stringify(stored), options);
        if (!duplicate) this.#heads.set(application, { seq, hash });
        return;
      } catch (error) {
        if (!isOvertaken(error) || attempt >= MAX_ATTEMPTS) throw error;
      }
    }
  }

  async #readHead(application: string): Promise<Head> {
    this.#jsm ??= jetStreamManagerOf(this.#nats);
    const jsm = await this.#jsm;
    try {
      const message = await jsm.streams.getMessage(STREAMS.receipts, { last_by_subj: receiptSubjects(application) });
      if (message === null) return { seq: 0, hash: "" };
      return { seq: message.seq, hash: message.json<StoredReceipt>().hash };
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === NO_MESSAGE) return { seq: 0, hash: "" };
      throw error;
    }
  }
}

const isOvertaken = (error: unknown): boolean => error instanceof JetStreamApiError && OVERTAKEN.has(error.code);
