import { AckPolicy, DeliverPolicy, type JsMsg } from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import type { TenantConnection } from "./connection.ts";

const IDLE_MS = 10_000;
const FETCH = 1_000;

/** Hands over each message that a stream holds under a subject now, oldest first: at most `most`, behind the sequence `after`. */
export async function readStored(
  { jsm, js }: TenantConnection,
  stream: string,
  subject: string,
  take: (message: JsMsg) => void,
  { after = 0, most = Infinity }: { readonly after?: number; readonly most?: number } = {},
): Promise<void> {
  const { name, num_pending } = await jsm.consumers.add(stream, {
    filter_subject: subject,
    ack_policy: AckPolicy.None,
    ...(after === 0
      ? { deliver_policy: DeliverPolicy.All }
      : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: after + 1 }),
    inactive_threshold: nanos(IDLE_MS),
    mem_storage: true,
  });
  try {
    const consumer = await js.consumers.get(stream, name);
    const wanted = Math.min(num_pending, most);
    for (let read = 0; read < wanted;) {
      const before = read;
      const messages = await consumer.fetch({ max_messages: Math.min(FETCH, wanted - read), expires: IDLE_MS });
      for await (const message of messages) {
        take(message);
        read += 1;
      }
      if (read === before) throw new Error(`the hub does not hand out what ${stream} holds`);
    }
  } finally {
    await jsm.consumers.delete(stream, name).catch(() => undefined);
  }
}
