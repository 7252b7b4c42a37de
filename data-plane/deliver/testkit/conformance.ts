import type { OutputType } from "@o2mc/schema/pipeline/types.ts";
import { expect, test } from "vitest";
import type { Batch, Destination, Row } from "../destination.ts";
import { NotConnected, Partial, Permanent } from "../destination.ts";
import { DEFAULT_BACK_OFF } from "../back-off.ts";
import { newCounters } from "../counters.ts";
import type { DeadLetters } from "../dead-letters.ts";
import type { ConsentRow } from "../frame-rows.ts";
import { writeBatch } from "../write-batch.ts";

/** The output that the suite writes: every column type once. */
export const OUTPUT: OutputType = {
  name: "sessions",
  perSubject: true,
  columns: [
    { name: "page.path", type: "string", purposes: ["analytics"] },
    { name: "price", type: "number", purposes: ["analytics"] },
    { name: "session.events", type: "integer", purposes: ["analytics"] },
    { name: "member", type: "boolean", purposes: ["analytics"] },
    { name: "session.start", type: "timestamp", purposes: ["analytics"] },
  ],
};

export const START = Date.UTC(2026, 10, 24, 10, 0, 0);

const row = (id: string, path: string | null = `/${id}`): Row => ({ id, values: [path, 9.5, 3, true, START] });

/** One kind as the suite needs it, on the real thing. */
export interface Subject {
  /** a destination that can be reached */
  open(): Destination;
  /** one that can't; writing or connecting to it is `NotConnected` */
  openUnreachable(): Destination;
  /** ids that are at the destination now, each as often as it is there; without those it was told to forget */
  ids(): Promise<string[]>;
  /** a row that the kind refuses on its own, and what it then throws; left out where no row can be bad */
  readonly badRow?: Row;
  /** makes the destination refuse for good, where it can */
  readonly refuseForGood?: () => void;
}

let sequence = 0;
const batch = (...rows: Row[]): Batch => {
  sequence += 10;
  return { id: `msg-${sequence}`, first: sequence, last: sequence + 9, rows };
};

/** The contract of `Destination`, run against each kind. */
export function conformance(name: string, subject: () => Subject): void {
  test(`${name}: connects and writes every row once`, async () => {
    const destination = subject().open();
    await destination.connect();
    await destination.write(batch(row("a1"), row("a2", 'quote " comma , line \n and ünïcode'), row("a3", null)));
    await destination.close();
    expect((await subject().ids()).filter((id) => id.startsWith("a")).sort()).toEqual(["a1", "a2", "a3"]);
  });

  test(`${name}: writes the same batch again without doubling`, async () => {
    const destination = subject().open();
    await destination.connect();
    const same = batch(row("b1"), row("b2"));
    await destination.write(same);
    await destination.write(same);
    await destination.close();
    expect((await subject().ids()).filter((id) => id.startsWith("b")).sort()).toEqual(["b1", "b2"]);
  });

  test(`${name}: is NotConnected when it can't be reached`, async () => {
    const destination = subject().openUnreachable();
    const attempt = destination.connect().then(() => destination.write(batch(row("c1"))));
    await expect(attempt).rejects.toBeInstanceOf(NotConnected);
    await destination.close();
  });

  test(`${name}: can be connected again after close`, async () => {
    const destination = subject().open();
    await destination.connect();
    await destination.close();
    await destination.connect();
    await destination.write(batch(row("d1")));
    await destination.close();
    expect(await subject().ids()).toContain("d1");
  });

  test(`${name}: names the bad rows and keeps the good ones`, async ({ skip }) => {
    const { badRow } = subject();
    if (badRow === undefined) return skip("no row can be bad here");
    const destination = subject().open();
    await destination.connect();
    const error: unknown = await destination
      .write(batch(row("e1"), row("e2"), badRow, row("e3")))
      .catch((e: unknown) => e);
    await destination.close();
    expect(error).toBeInstanceOf(Partial);
    expect([...(error as Partial).failures.keys()]).toEqual([2]);
    expect((await subject().ids()).filter((id) => id.startsWith("e")).sort()).toEqual(["e1", "e2", "e3"]);
  });

  test(`${name}: is Permanent when no attempt can succeed`, async ({ skip }) => {
    const { refuseForGood } = subject();
    if (refuseForGood === undefined) return skip("nothing is permanent here");
    refuseForGood();
    const destination = subject().open();
    await destination.connect();
    await expect(destination.write(batch(row("f1")))).rejects.toBeInstanceOf(Permanent);
    await destination.close();
  });

  test(`${name}: forgets the rows of an erased subject, also when asked again, and keeps its neighbours`, async () => {
    const destination = subject().open();
    await destination.connect();
    const of = (id: string, erasureKey: string | undefined): Row => ({ ...row(id), erasureKey });
    await destination.write(batch(of("h1", "erased-key"), of("h2", "other-key"), of("h3", undefined)));
    await destination.write(batch(of("h4", "erased-key")));
    const ids = async () => (await subject().ids()).filter((id) => id.startsWith("h")).sort();
    expect(await ids()).toEqual(["h1", "h2", "h3", "h4"]);
    const erasure = { id: "era_1", erasureKey: "erased-key" };
    expect(await destination.erase(erasure)).toEqual(expect.any(Object));
    await destination.erase(erasure);
    await destination.close();
    expect(await ids()).toEqual(["h2", "h3"]);
  });

  test(`${name}: an erasure waits for a destination that can't be reached`, async () => {
    const destination = subject().openUnreachable();
    const attempt = destination.connect().then(() => destination.erase({ id: "era_2", erasureKey: "k" }));
    await expect(attempt).rejects.toBeInstanceOf(NotConnected);
    await destination.close();
  });

  test(`${name}: a consent withdrawn between two attempts keeps the row out`, async () => {
    const destination = subject().open();
    await destination.connect();
    const withdrawn = new Set<string>();
    const counters = newCounters();
    let attempts = 0;
    const firstAttemptFails: Destination = {
      connect: () => destination.connect(),
      close: () => destination.close(),
      erase: (erasure) => destination.erase(erasure),
      write: async (b) => {
        if (attempts++ > 0) return destination.write(b);
        withdrawn.add("gone");
        throw new Error("the first attempt is lost");
      },
    };
    const rows: ConsentRow[] = ["stays", "gone"].map((subjectKey) => ({
      ...row(`g-${subjectKey}`),
      purposes: ["analytics"],
      subjectKey,
      policy: 0,
    }));
    const { rows: _, ...head } = batch();
    await writeBatch(head, rows, {
      destination: firstAttemptFails,
      consent: { known: () => Promise.resolve(), permits: (subjectKey) => !withdrawn.has(subjectKey) },
      deadLetters: undefined as unknown as DeadLetters,
      counters,
      backOff: { ...DEFAULT_BACK_OFF, firstMs: 1 },
      reconnect: () => destination.connect(),
      signal: new AbortController().signal,
    });
    await destination.close();
    expect((await subject().ids()).filter((id) => id.startsWith("g-"))).toEqual(["g-stays"]);
    expect(counters).toMatchObject({ rowsWritten: 1, rowsDenied: 1, retries: 1 });
  });
}
