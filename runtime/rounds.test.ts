import { expect, it } from "vitest";
import { Rounds } from "./rounds.ts";

/** so long that a test which waits for it fails */
const NEVER_MS = 3_600_000;

/** Rounds that are held until they are let go, and what wakes them. */
function heldRounds() {
  const failures: unknown[] = [];
  const begun: ((outcome: number | Error) => void)[] = [];
  let noteBegin: () => void = () => undefined;
  let wake: () => void = () => undefined;
  let listening = false;
  const rounds = new Rounds({
    round: () =>
      new Promise((resolve, reject) => {
        begun.push((outcome) => (typeof outcome === "number" ? resolve(outcome) : reject(outcome)));
        noteBegin();
      }),
    failed: (error) => failures.push(error),
    retryMs: 1,
    listen: (wakes) => {
      wake = wakes;
      listening = true;
      return () => Promise.resolve(void (listening = false));
    },
  });
  const until = async (count: number): Promise<void> => {
    while (begun.length < count) await new Promise<void>((resolve) => (noteBegin = resolve));
  };
  return { rounds, failures, begun, until, wake: () => wake(), listening: () => listening };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it("begins a round when it is woken, never a second beside one, and one more for what was asked for meanwhile", async () => {
  const { rounds, begun, until, wake } = heldRounds();
  rounds.start();
  await until(1);
  wake();
  wake();
  await settled();
  expect(begun).toHaveLength(1);
  begun[0]?.(NEVER_MS);
  await until(2);
  begun[1]?.(NEVER_MS);
  await settled();
  expect(begun).toHaveLength(2);
  wake();
  await until(3);
  begun[2]?.(0);
  await until(4);
  begun[3]?.(NEVER_MS);
  await rounds.stop();
});

it("goes on after a round that failed, and says why it did", async () => {
  const { rounds, failures, begun, until } = heldRounds();
  rounds.start();
  await until(1);
  const failure = new Error("the database is away");
  begun[0]?.(failure);
  await until(2);
  expect(failures).toEqual([failure]);
  begun[1]?.(NEVER_MS);
  await rounds.stop();
});

it("has stopped when the round under way is done, and listens no more", async () => {
  const { rounds, begun, until, listening } = heldRounds();
  rounds.start();
  await until(1);
  let stopped = false;
  const stop = rounds.stop().then(() => (stopped = true));
  await settled();
  expect([rounds.stopped, stopped, listening()]).toEqual([true, false, false]);
  begun[0]?.(NEVER_MS);
  await stop;
  expect(begun).toHaveLength(1);
});
