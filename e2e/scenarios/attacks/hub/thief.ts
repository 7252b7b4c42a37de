import { createInbox, headers, PermissionViolationError, type NatsConnection } from "@nats-io/transport-node";
import type { Attempt } from "./attempts.ts";

export interface Outcome extends Attempt {
  /** refused by the server; nobody (no one answers to it), silence, or the answer's beginning */
  readonly answer: string;
}

const PATIENCE_MS = 1_500;

/** Tries everything at once and waits for what comes back. */
export class Thief {
  /** all that came to it, whatever it was an answer to */
  readonly loot: string[] = [];
  readonly #nats: NatsConnection;
  readonly #inboxPrefix: string;
  readonly #refused = new Set<string>();

  constructor(nats: NatsConnection, inboxPrefix: string) {
    this.#nats = nats;
    this.#inboxPrefix = inboxPrefix;
    void (async () => {
      for await (const status of nats.status()) {
        if (status.type !== "error") continue;
        const { error } = status;
        if (error instanceof PermissionViolationError) this.#refused.add(error.subject);
      }
    })();
  }

  async try(attempts: readonly Attempt[]): Promise<Outcome[]> {
    const answers = attempts.map((attempt) => {
      const { subject, payload = "", reply, headers: extra } = attempt;
      let answer = "silence";
      const inbox = createInbox(this.#inboxPrefix);
      const subscription = this.#nats.subscribe(inbox, {
        callback: (error, message) => {
          if (error !== null) return;
          if (message.headers?.code === 503 && message.data.length === 0) {
            if (answer === "silence") answer = "nobody";
            return;
          }
          this.loot.push(`${message.subject} ${message.string()}`);
          const status = message.headers?.code ?? 0;
          answer = status > 0 ? `${status} ${message.headers?.description}` : message.string().slice(0, 160);
        },
      });
      const h = headers();
      for (const [name, value] of Object.entries(extra ?? {})) h.set(name, value);
      this.#nats.publish(subject, payload, { reply: reply ?? inbox, ...(extra === undefined ? {} : { headers: h }) });
      return (): Outcome => {
        subscription.unsubscribe();
        return { ...attempt, answer: this.#refused.has(subject) ? "refused" : answer };
      };
    });
    await this.#nats.flush();
    await new Promise((later) => setTimeout(later, PATIENCE_MS));
    return answers.map((done) => done());
  }

  /** Subjects that it may listen to. */
  async listen(subjects: readonly string[]): Promise<string[]> {
    const heard = await Promise.all(
      subjects.map(async (subject) => {
        const refusal = new Promise<boolean>((done) => {
          this.#nats.subscribe(subject, {
            callback: (error, message) => {
              if (error !== null) done(true);
              else this.loot.push(`${message.subject} ${message.string()}`);
            },
          });
        });
        await this.#nats.flush();
        const refused = await Promise.race([
          refusal,
          new Promise<boolean>((later) => setTimeout(() => later(false), PATIENCE_MS)),
        ]);
        return refused ? [] : [subject];
      }),
    );
    return heard.flat();
  }
}
