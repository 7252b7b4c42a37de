import { createHmac } from "node:crypto";
import type { JetStreamClient } from "@nats-io/jetstream";
import type { DeadLetter } from "@o2mc/schema/events/dead-letter.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import type { OutputColumn } from "@o2mc/schema/pipeline/types.ts";
import { deadSubject } from "@o2mc/schema/subjects.ts";
import type { RowFailure } from "./destination.ts";
import type { ConsentRow } from "./frame-rows.ts";

interface LetterParts {
  readonly columns: readonly OutputColumn[];
  readonly messageKey: () => string;
}

export class DeadLetters {
  readonly #js: JetStreamClient;
  readonly #delivery: string;
  readonly #subject: string;
  readonly #columns: readonly OutputColumn[];
  readonly #messageKey: () => string;

  /** `messageKey`: nobody who lacks it can tell a letter's message id and take it first */
  constructor(js: JetStreamClient, application: string, delivery: string, parts: LetterParts) {
    this.#js = js;
    this.#delivery = delivery;
    this.#subject = deadSubject(application, "deliver", delivery);
    this.#columns = parts.columns;
    this.#messageKey = parts.messageKey;
  }

  /** Resolves when the hub holds the letter; the same row a second time is dropped there as a duplicate. */
  async row(row: ConsentRow, failure: RowFailure): Promise<void> {
    const values = this.#columns.map((column, i): [string, Scalar] => [column.name, row.values[i] ?? null]);
    const subject = row.subjectKey === undefined ? {} : { subjectKey: row.subjectKey, policy: row.policy };
    const lane = row.purposes.join("+");
    await this.#publish(row.id, {
      ...subject,
      lane,
      ...failure,
      row: { $result: row.id, ...Object.fromEntries(values) },
    });
  }

  /** A message that is no result frame: its text may hold anything, so the letter names its place only. */
  async message(sequence: number): Promise<void> {
    const failure = { code: "deliver.unreadable-result", message: "the message is not a result frame" };
    await this.#publish(`seq-${sequence}`, { ...failure, row: { $sequence: sequence } });
  }

  async #publish(key: string, letter: Omit<DeadLetter, "v" | "at" | "stage" | "owner">): Promise<void> {
    const whole: DeadLetter = { v: 1, at: Date.now(), stage: "deliver", owner: this.#delivery, ...letter };
    const msgID = createHmac("sha256", this.#messageKey()).update(`${this.#delivery}\n${key}`).digest("base64url");
    await this.#js.publish(this.#subject, JSON.stringify(whole), { msgID });
  }
}
