import { JetStreamApiError } from "@nats-io/jetstream";
import type { TenantConnection } from "../hub/connection.ts";

const NO_MESSAGE = 10_037;

/** Whether a stream still has the message; of a queue that means: nobody is done with it. */
export async function isStored({ jsm }: TenantConnection, stream: string, seq: number): Promise<boolean> {
  try {
    return (await jsm.streams.getMessage(stream, { seq })) !== null;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === NO_MESSAGE) return false;
    throw error;
  }
}
