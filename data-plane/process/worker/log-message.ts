import type { Msg } from "@nats-io/transport-node";

/** One message of a partition's log, as the hub delivered it. */
export interface LogMessage {
  /** stream sequence */
  readonly sequence: number;
  /** counts deliveries of the consumer since its last reset, one by one: a hole means that a message was lost on the way */
  readonly delivery: number;
  readonly kind: "events" | "tick" | "erasure";
  readonly reply: string;
  readonly pin: string;
  readonly data: Uint8Array;
}

const KINDS: Readonly<Record<string, LogMessage["kind"]>> = { tick: "tick", erase: "erasure" };

/**
 * Reads the reply subject `$JS.ACK.<stream>.<consumer>.<delivered>.<sequence>.<delivery>.<time>.<pending>`; the newer
 * form has domain and account hash before the stream and a random token at the end.
 */
export function readLogMessage(message: Msg): LogMessage | undefined {
  const parts = message.reply?.split(".") ?? [];
  if (parts[0] !== "$JS" || parts[1] !== "ACK") return undefined;
  const at = parts.length >= 11 ? 7 : 5;
  const sequence = Number(parts[at]);
  const delivery = Number(parts[at + 1]);
  if (!Number.isSafeInteger(sequence) || !Number.isSafeInteger(delivery)) return undefined;
  return {
    sequence,
    delivery,
    kind: KINDS[message.subject.slice(0, message.subject.indexOf("."))] ?? "events",
    reply: message.reply ?? "",
    pin: message.headers?.get("Nats-Pin-Id") ?? "",
    data: message.data,
  };
}
