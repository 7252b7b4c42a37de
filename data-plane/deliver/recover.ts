import type { JetStreamManager } from "@nats-io/jetstream";
import { PermissionViolationError } from "@nats-io/transport-node";
import { STREAMS } from "@o2mc/schema/subjects.ts";
import { pause } from "./back-off.ts";

const NANOS_PER_MS = 1e6;
const DEFAULT_ACK_WAIT_MS = 60_000;

export interface Recovered {
  /** the consumer's sequence of deliveries so far: the next message carries one more */
  readonly delivered: number;
  readonly ackWaitMs: number;
}

/**
 * Makes sure that the next message pulled is the oldest one not acknowledged. A predecessor that was killed leaves messages
 * that the hub would hand out again only after `ack_wait`, and newer ones before them; file names need stream order. So the
 * consumer is reset to its ack floor; where that is refused, we wait until all of them have expired: expired ones come first.
 */
export async function recover(jsm: JetStreamManager, consumer: string, signal: AbortSignal): Promise<Recovered> {
  const info = await jsm.consumers.info(STREAMS.results, consumer);
  const ackWaitMs = info.config.ack_wait === undefined ? DEFAULT_ACK_WAIT_MS : info.config.ack_wait / NANOS_PER_MS;
  if (info.num_ack_pending === 0) return { delivered: info.delivered.consumer_seq, ackWaitMs };
  try {
    const reset = await jsm.consumers.reset(STREAMS.results, consumer);
    return { delivered: reset.delivered.consumer_seq, ackWaitMs };
  } catch (error) {
    // a connection that ended meanwhile refuses nothing: the next session asks again at once
    if (!isRefusal(error)) throw error;
    await pause(ackWaitMs + 1_000, signal);
    return { delivered: info.delivered.consumer_seq, ackWaitMs };
  }
}

function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error instanceof PermissionViolationError || error.cause instanceof PermissionViolationError;
}
