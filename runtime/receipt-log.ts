import { JetStreamApiError, type JetStreamClient, type JetStreamManager } from "@nats-io/jetstream";
import { headers, type MsgHdrs, type NatsConnection } from "@nats-io/transport-node";
import { receiptHash, type ConsentReceipt, type StoredReceipt } from "@o2mc/schema/consent/receipt.ts";
import { receiptSubject, receiptSubjects, STREAMS } from "@o2mc/schema/subjects.ts";
import { GroupCommit } from "./group-commit.ts";
import { jetStreamManagerOf, jetStreamOf } from "./jetstream.ts";
import { FEW_MESSAGES, publishBatch, type BatchMessage } from "./publish-batch.ts";

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
/** a receipt is about 1 kB: far below what one batch may hold */
const MOST_TOGETHER = 500;

/**
 * Appends receipts to the chains of one tenant. Each names the hash of the one before it, so there is one place where it
 * fits: the hub takes it only while no other writer has put one there, else it is tried again behind that. Those that
 * wait for others go out together, chained among themselves, in one atomic batch: the whole batch fits there or nothing
 * of it.
 */
export class ReceiptLog {
  readonly #nats: NatsConnection;
  readonly #js: JetStreamClient;
  #jsm: Promise<JetStreamManager> | undefined;
  readonly #heads = new Map<string, Head>();
  readonly #chains = new Map<string, GroupCommit<ConsentReceipt, void>>();

  constructor(nats: NatsConnection) {
    this.#nats = nats;
    this.#js = jetStreamOf(nats);
  }

  /** Resolves when the hub holds the receipt; rejects when it is not known to: then nothing may rest on it. */
  append(receipt: ConsentReceipt): Promise<void> {
    const { application } = receipt;
    let chain = this.#chains.get(application);
    if (chain === undefined) {
      chain = new GroupCommit(MOST_TOGETHER, (receipts) => this.#appendAll(application, receipts));
      this.#chains.set(application, chain);
    }
    return chain.add(receipt);
  }

  async #appendAll(
    application: string,
    receipts: readonly ConsentReceipt[],
  ): Promise<readonly PromiseSettledResult<void>[]> {
    if (receipts.length > FEW_MESSAGES) {
      try {
        await this.#append(application, receipts);
        return receipts.map(() => ({ status: "fulfilled", value: undefined }));
      } catch {
        // one that is there already, or too large, refuses them all: each for itself says which
      }
    }
    const results: PromiseSettledResult<void>[] = [];
    for (const receipt of receipts) results.push(...(await Promise.allSettled([this.#append(application, [receipt])])));
    return results;
  }

  async #append(application: string, receipts: readonly ConsentReceipt[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const head = this.#heads.get(application) ?? (await this.#readHead(application));
      const { messages, hash } = chained(application, receipts, head);
      // in doubt the end of the chain is read anew
      this.#heads.delete(application);
      try {
        const { seq, duplicate } = await this.#publish(messages);
        if (!duplicate) this.#heads.set(application, { seq, hash });
        return;
      } catch (error) {
        if (!isOvertaken(error) || attempt >= MAX_ATTEMPTS) throw error;
      }
    }
  }

  #publish(messages: readonly BatchMessage[]) {
    const [only, ...others] = messages as [BatchMessage, ...BatchMessage[]];
    if (others.length > 0) return publishBatch(this.#nats, this.#js, messages);
    const { subject, data, ...options } = only;
    return this.#js.publish(subject, data, options);
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

/** The receipts as they follow `head`; nothing of the application may stand between it and the first. */
function chained(application: string, receipts: readonly ConsentReceipt[], head: Head) {
  let { hash } = head;
  const messages = receipts.map((receipt, i): BatchMessage => {
    const previous = hash;
    hash = receiptHash(receipt, previous);
    const stored: StoredReceipt = { receipt, previous, hash };
    return {
      subject: receiptSubject(application, receipt.subjectKey),
      data: JSON.stringify(stored),
      msgID: receipt.id,
      ...(i === 0 ? { headers: expecting(application, head.seq) } : {}),
    };
  });
  return { messages, hash };
}

function expecting(application: string, last: number): MsgHdrs {
  const expectations = headers();
  expectations.set("Nats-Expected-Last-Subject-Sequence", String(last));
  expectations.set("Nats-Expected-Last-Subject-Sequence-Subject", receiptSubjects(application));
  return expectations;
}

const isOvertaken = (error: unknown): boolean => error instanceof JetStreamApiError && OVERTAKEN.has(error.code);
