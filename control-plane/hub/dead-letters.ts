import { AckPolicy, DeliverPolicy } from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import type { DeadLetter } from "@o2mc/schema/events/dead-letter.ts";
import { STREAMS, token } from "@o2mc/schema/subjects.ts";
import type { TenantConnection } from "./connection.ts";

export interface StoredDeadLetter extends DeadLetter {
  /** sequence in DEAD: rises with time */
  readonly seq: number;
}

const READER_IDLE_MS = 10_000;

/** The last `count` dead letters of an application, newest first. They hold what the lane may see, and no more. */
export async function lastDeadLetters(
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
      last.push({ ...message.json<DeadLetter>(), seq: message.seq });
      if (last.length > count) last.shift();
    }
    return last.reverse();
  }
}
