import { AckPolicy, DeliverPolicy } from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import { readKey } from "@o2mc/runtime/bucket.ts";
import type { ConsentState } from "@o2mc/schema/consent/decision.ts";
import { readConsentState } from "@o2mc/schema/consent/read-state.ts";
import { consentRules } from "@o2mc/schema/consent/rule.ts";
import type { Deployment } from "@o2mc/schema/deployment/deployment.ts";
import type { DeadLetter } from "@o2mc/schema/events/dead-letter.ts";
import { BUCKETS, consentKey, STREAMS, token } from "@o2mc/schema/subjects.ts";
import type { TenantConnection } from "./connection.ts";
import { parseDeadLetter } from "./parse-dead-letter.ts";

export interface StoredDeadLetter extends DeadLetter {
  /** sequence in DEAD: rises with time */
  readonly seq: number;
}

const READER_IDLE_MS = 10_000;

/**
 * Of the last `count` dead letters of an application, newest first, those that may be shown: they hold what the lane may
 * see, and no more, and their subject permits it still.
 */
export async function lastDeadLetters(
  connection: TenantConnection,
  application: string,
  count: number,
): Promise<readonly StoredDeadLetter[]> {
  const letters = await storedDeadLetters(connection, application, count);
  const isPermitted = await consentNow(connection, application, letters);
  return letters.filter(isPermitted);
}

async function storedDeadLetters(
  { jsm, js }: TenantConnection,
  application: string,
  count: number,
): Promise<readonly StoredDeadLetter[]> {
  const { state } = await jsm.streams.info(STREAMS.dead);
  // other applications' letters lie between: look back twice as far until there are enough
  for (let back = count; ; back *= 2) {
    const start = Math.max(state.first_seq, state.last_seq - back + 1, 1);
    const consumer = await jsm.consumers.add(STREAMS.dead, {
      filter_subject: `dead.${token(application)}.>`,
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: start,
      inactive_threshold: nanos(READER_IDLE_MS),
      mem_storage: true,
    });
    try {
      if (consumer.num_pending < count && start > Math.max(state.first_seq, 1)) continue;
      return await read(consumer.name, consumer.num_pending);
    } finally {
      await jsm.consumers.delete(STREAMS.dead, consumer.name);
    }
  }

  async function read(name: string, pending: number): Promise<StoredDeadLetter[]> {
    const last: StoredDeadLetter[] = [];
    if (pending === 0) return last;
    const consumer = await js.consumers.get(STREAMS.dead, name);
    const messages = await consumer.fetch({ max_messages: pending, expires: READER_IDLE_MS });
    for await (const message of messages) {
      const letter = parseDeadLetter(message.data);
      if (letter === undefined) continue;
      last.push({ ...letter, seq: message.seq });
      if (last.length > count) last.shift();
    }
    return last.reverse();
  }
}

/** Reads what is stored of these letters' subjects: that is few, and nobody need follow the whole store for it. */
async function consentNow(
  { nc }: TenantConnection,
  application: string,
  letters: readonly DeadLetter[],
): Promise<(letter: DeadLetter) => boolean> {
  const deployed = await readKey(nc, BUCKETS.deployments, token(application));
  const subjects = [...new Set(letters.flatMap(({ subjectKey }) => (subjectKey === undefined ? [] : [subjectKey])))];
  const states = new Map<string, ConsentState>();
  await Promise.all(
    subjects.map(async (subjectKey) => {
      const stored = await readKey(nc, BUCKETS.consent, consentKey(application, subjectKey));
      if (stored !== undefined) states.set(subjectKey, readConsentState(stored.value));
    }),
  );
  const policy =
    deployed === undefined ? undefined : (JSON.parse(new TextDecoder().decode(deployed.value)) as Deployment).policy;
  const ruleOf = consentRules();
  return ({ subjectKey, lane, policy: admitted }) => {
    if (subjectKey === undefined) return true;
    if (policy === undefined) return false;
    // one from before letters named their lane may be of any
    const purposes = lane?.split("+") ?? policy.purposes.map(({ name }) => name);
    return ruleOf(policy, purposes).recheck(states.get(subjectKey), Date.now(), admitted) === undefined;
  };
}
