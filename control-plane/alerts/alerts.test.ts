import { expect, test } from "vitest";
import { Silences } from "./silences.ts";
import { Stalls } from "./stalls.ts";

const MINUTE = 60_000;

/** Looks every 10 s; the seconds at which it is stalled. */
function stalledAt(partition: (second: number) => { waiting: number; delivered: number }, seconds: number): number[] {
  const stalls = new Stalls();
  const found: number[] = [];
  for (let at = 0; at <= seconds; at += 10) if (stalls.look("p", partition(at), at * 1000)) found.push(at);
  return found;
}

test("a partition is stalled when something waits and nothing is given out for half a minute, until it goes on", () => {
  expect(stalledAt((at) => ({ waiting: at < 50 ? 1 : 0, delivered: 7 }), 60)).toEqual([30, 40]);
  expect(stalledAt((at) => ({ waiting: 1, delivered: at < 40 ? 7 : 8 }), 60)).toEqual([30]);
});

test("a partition is stalled when ever more waits for two minutes although it works; a backlog that shrinks is none", () => {
  expect(stalledAt((at) => ({ waiting: 1 + at, delivered: at }), 130)).toEqual([120, 130]);
  expect(stalledAt((at) => ({ waiting: 1000 - at, delivered: at }), 300)).toEqual([]);
  expect(stalledAt((at) => ({ waiting: at === 60 ? 1 : 1 + at, delivered: at }), 170)).toEqual([]);
});

test("what is idle is not stalled, however long", () => {
  expect(stalledAt(() => ({ waiting: 0, delivered: 7 }), 600)).toEqual([]);
});

test("a source is silent after twice its usual pause, at least half an hour, and not before its first return", () => {
  const silences = new Silences();
  expect(silences.look("s", 0, 0)).toBe(false);
  expect(silences.look("s", 0, 1000 * MINUTE)).toBe(false);
  const hourly = new Silences();
  hourly.look("s", 0, 0);
  expect(hourly.look("s", 60 * MINUTE, 60 * MINUTE)).toBe(false);
  expect(hourly.look("s", 60 * MINUTE, 179 * MINUTE)).toBe(false);
  expect(hourly.look("s", 60 * MINUTE, 181 * MINUTE)).toBe(true);
  expect(hourly.look("s", 182 * MINUTE, 182 * MINUTE)).toBe(false);
  const busy = new Silences();
  busy.look("s", 0, 0);
  busy.look("s", 10 * MINUTE, 10 * MINUTE);
  expect(busy.look("s", 10 * MINUTE, 39 * MINUTE)).toBe(false);
  expect(busy.look("s", 10 * MINUTE, 41 * MINUTE)).toBe(true);
});
