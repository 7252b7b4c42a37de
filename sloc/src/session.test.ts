import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Consent } from "./consent-store.ts";
import type { Answer } from "./edge.ts";
import { MAX_BATCH_EVENTS, MAX_BATCH_LENGTH, MAX_QUEUE, openSession, takeBatch } from "./session.ts";

const OK: Answer = { ok: true, again: false, afterMs: 0 };
const BUSY: Answer = { ok: false, again: true, afterMs: 5000 };
const REFUSED: Answer = { ok: false, again: false, afterMs: 0 };

const consent: Consent = {
  subject: "visitor-1",
  purposes: ["analytics"],
  policyVersion: 3,
  givenAt: "2026-11-24T10:00:00.000Z",
  registered: false,
};

/** The edge, as the session sees it: answers from a list, then OK. */
function edge(answers: Answer[] = []) {
  const requests: { method: string; path: string; body: { n: number }[] }[] = [];
  const send = (method: "PUT" | "POST", path: string, body: string): Promise<Answer> => {
    requests.push({ method, path, body: JSON.parse(body) as { n: number }[] });
    return Promise.resolve(answers.shift() ?? OK);
  };
  return { requests, send };
}

const ignore = (): void => undefined;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("a batch is bounded by number and by length, and takes at least one event", () => {
  const many = Array.from({ length: 50 }, (_, n) => String(n));
  expect(takeBatch(many)).toHaveLength(MAX_BATCH_EVENTS);
  expect(many).toHaveLength(50 - MAX_BATCH_EVENTS);
  const long = ["a".repeat(MAX_BATCH_LENGTH), "b"];
  expect(takeBatch(long)).toHaveLength(1);
  expect(takeBatch([])).toEqual([]);
});

test("the receipt goes before the events and is saved as registered", async () => {
  const { requests, send } = edge();
  const saved: Consent[] = [];
  const session = openSession(consent, send, (next) => saved.push(next), ignore);
  session.add({ n: 1 });
  await vi.runAllTimersAsync();
  expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual(["PUT consent/visitor-1", "POST events"]);
  expect(requests[0]?.body).toEqual({ purposes: ["analytics"], policyVersion: 3 });
  expect(saved).toEqual([{ ...consent, registered: true }]);
});

test("a busy edge gets the same events again, once each and in order", async () => {
  const { requests, send } = edge([OK, BUSY, BUSY]);
  const session = openSession(consent, send, ignore, ignore);
  session.add({ n: 1 });
  session.add({ n: 2 });
  await vi.runAllTimersAsync();
  const bodies = requests.slice(1).map(({ body }) => body.map(({ n }) => n));
  expect(bodies).toEqual([
    [1, 2],
    [1, 2],
    [1, 2],
  ]);
});

test("a receipt that the edge refuses ends it: no event follows", async () => {
  const { requests, send } = edge([REFUSED]);
  const session = openSession(consent, send, ignore, () => session.end());
  session.add({ n: 1 });
  await vi.runAllTimersAsync();
  expect(requests).toHaveLength(1);
});

test("the queue drops its oldest events when the edge stays away", async () => {
  const { requests, send } = edge();
  const session = openSession({ ...consent, registered: true }, send, ignore, ignore);
  for (let n = 0; n < MAX_QUEUE + 7; n++) session.add({ n });
  await vi.runAllTimersAsync();
  const sent = requests.flatMap(({ body }) => body.map(({ n }) => n));
  expect(sent).toEqual(Array.from({ length: MAX_QUEUE }, (_, n) => n + 7));
});

test("flush sends at once; after the end nothing is sent", async () => {
  const { requests, send } = edge();
  const session = openSession({ ...consent, registered: true }, send, ignore, ignore);
  session.add({ n: 1 });
  session.flush();
  expect(requests).toHaveLength(1);
  session.add({ n: 2 });
  session.end();
  session.add({ n: 3 });
  session.flush();
  await vi.runAllTimersAsync();
  expect(requests).toHaveLength(1);
});

test("an event that no batch could hold is dropped", () => {
  const { requests, send } = edge();
  const session = openSession({ ...consent, registered: true }, send, ignore, ignore);
  session.add({ text: "x".repeat(MAX_BATCH_LENGTH) });
  session.flush();
  expect(requests).toHaveLength(0);
});
