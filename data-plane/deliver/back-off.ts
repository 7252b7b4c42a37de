import { setTimeout as sleep } from "node:timers/promises";

export interface BackOff {
  readonly firstMs: number;
  readonly capMs: number;
  /** attempts of an unknown error before its rows go to the dead letters */
  readonly attempts: number;
}

/** About seven minutes until an unknown error is given up. */
export const DEFAULT_BACK_OFF: BackOff = { firstMs: 500, capMs: 60_000, attempts: 14 };

/** Doubling with full jitter in its upper half, so that many deliveries do not return at the same moment. */
export function backOffMs(options: BackOff, failures: number): number {
  const ceiling = Math.min(options.capMs, options.firstMs * 2 ** Math.min(failures - 1, 30));
  return ceiling / 2 + Math.random() * (ceiling / 2);
}

/** Sleeps; returns early, without throwing, when `signal` aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal, ref: true }).catch(() => undefined);
}
