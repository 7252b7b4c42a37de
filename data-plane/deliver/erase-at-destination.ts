import { backOffMs, pause } from "./back-off.ts";
import { type Erasure, NotConnected, Permanent, RetryAfter } from "./destination.ts";
import { errorCode, retrying, up, type Writing } from "./write-batch.ts";

type Erased = { readonly receipt: Readonly<Record<string, unknown>> } | { readonly code: string };

/**
 * Like `writeBatch`: a destination that is away or wants time is waited for, as rows behind would have to wait too. What it
 * refuses otherwise is given back as a code, so that results go on; the control plane asks again later.
 */
export async function eraseAtDestination(
  erasure: Erasure,
  w: Pick<Writing, "destination" | "counters" | "backOff" | "reconnect" | "signal">,
): Promise<Erased> {
  for (let failures = 1; ; failures++) {
    try {
      const receipt = await w.destination.erase(erasure);
      up(w.counters);
      return { receipt };
    } catch (error) {
      w.signal.throwIfAborted();
      w.counters.retries++;
      if (error instanceof Permanent) return { code: error.code };
      retrying(w.counters, error);
      if (error instanceof NotConnected) {
        await w.destination.close();
        await pause(backOffMs(w.backOff, failures), w.signal);
        await w.reconnect();
      } else if (error instanceof RetryAfter) {
        await pause(error.ms, w.signal);
      } else if (failures >= w.backOff.attempts) {
        return { code: errorCode(error) };
      } else {
        await pause(backOffMs(w.backOff, failures), w.signal);
      }
      w.signal.throwIfAborted();
    }
  }
}
