import { pageView } from "./events.ts";

const TICK_MS = 10;

/** Where events are sent to. */
export interface Site {
  readonly url: string;
  readonly writeKey: string;
}

interface SteadyLoad {
  /** each request goes to the next one */
  readonly sites: readonly Site[];
  /** page views a second, a multiple of 100 */
  readonly rate: number;
  readonly visitors: number;
  /** event ids are `<prefix>-<i>`, i from 0, of visitor `i % visitors`; below 25 characters, or they leave as a hash */
  readonly prefix: string;
  /** called just before event `i` is sent */
  readonly onSent: (i: number, at: number) => void;
  /** ms from sending to the answer */
  readonly onAnswered?: (ms: number) => void;
}

/** Sends at a fixed rate for `seconds`, however long answers take; resolves when all are answered, throws when one is not a 202. */
export async function steadyLoad({ sites, rate, visitors, prefix, onSent, onAnswered }: SteadyLoad, seconds: number) {
  const perTick = (rate * TICK_MS) / 1000;
  const posts: Promise<void>[] = [];
  const start = performance.now();
  for (let tick = 0; tick < (seconds * 1000) / TICK_MS; tick++) {
    await sleep(Math.max(0, start + tick * TICK_MS - performance.now()));
    const at = performance.now();
    const site = sites[tick % sites.length] as Site;
    const events = Array.from({ length: perTick }, (_, k) => {
      const i = tick * perTick + k;
      onSent(i, at);
      return pageView(i, visitor(i % visitors), Date.now(), prefix);
    });
    posts.push(send(site, events).then(() => onAnswered?.(performance.now() - at)));
  }
  await Promise.all(posts);
}

export const visitor = (number: number): string => `visitor-${number}`;

async function send(site: Site, events: readonly object[]): Promise<void> {
  const response = await fetch(site.url, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${site.writeKey}` },
    body: JSON.stringify(events),
  });
  await response.arrayBuffer();
  if (response.status !== 202) throw new Error(`events were answered ${response.status}`);
}

export function sleep(ms: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, ms));
}
