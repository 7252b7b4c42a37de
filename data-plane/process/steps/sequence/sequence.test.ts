import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import { MAX_PARTIAL_MATCHES, type SequenceOptions } from "@o2mc/schema/pipeline/steps/sequence.ts";
import { output, testPipeline } from "../../testkit/deployment.ts";
import { TestLog } from "../../testkit/engine.ts";
import type { TestEvent } from "../../testkit/frames.ts";

type Element = SequenceOptions["pattern"][number];

/** An element that letters in `page.path` fit. */
const one = (letters: string, more: Partial<Element> = {}): Element => ({
  name: letters,
  where: letters
    .split("")
    .map((letter) => `event.page.path == "${letter}"`)
    .join(" || "),
  ...more,
});

const sequenceOf = (pattern: readonly Element[], more: Partial<SequenceOptions> = {}): SequenceOptions => ({
  by: [],
  withinSeconds: 10,
  matches: "non-overlapping",
  columns: [],
  pattern,
  ...more,
});

const start = (sequence: SequenceOptions, disorderSeconds = 10, stateBytes?: number): TestLog => {
  const columns = ["match.start", "match.end", ...sequence.by, ...sequence.columns.map(({ as }) => as)];
  const steps = [{ sequence }, { emit: { output: "out" } }];
  const pipeline = testPipeline({ steps, outputs: [output("out", columns)], disorderSeconds });
  return new TestLog([pipeline], stateBytes === undefined ? {} : { stateBytes });
};

let last = 0;
const event = (letter: string, seconds: number, subject = "s", price: Scalar = null): TestEvent => ({
  id: `e${++last}`,
  subject,
  time: seconds * 1000,
  values: { "page.path": letter, price },
});

/** Events as "a0 b5": letter and second. */
const events = (text: string, subject = "s"): TestEvent[] =>
  text.split(" ").map((each) => event(each.charAt(0), Number(each.slice(1)), subject));

/** The matches as "start-end", in seconds. */
const spans = (log: TestLog): string[] =>
  log.rows.map((row) => `${Number(row["match.start"]) / 1000}-${Number(row["match.end"]) / 1000}`);

function matchesOf(sequence: SequenceOptions, text: string): string[] {
  const log = start(sequence);
  log.frame(events(text));
  log.finish();
  expect(log.engine.open).toBe(0);
  return spans(log);
}

describe("sequence", () => {
  const [a, b] = [one("a"), one("b")];
  const notB = one("b", { without: true });

  it.each<[string, readonly Element[], string, readonly string[], Partial<SequenceOptions>?]>([
    ["A then B", [a, b], "a0 x1 b10 b11", ["0-10"]],
    ["too late for the time", [a, b], "a0 b10.001", []],
    ["in the order of event time, whenever they came", [a, b], "b5 a4", ["4-5"]],
    ["of two at the same time the order of the log", [a, b], "b1 a1 b2", ["1-2"]],
    ["non-overlapping: a match uses up what had begun", [a, b], "a0 a1 b2 b3", ["0-2"]],
    ["all: one for each beginning", [a, b], "a0 a1 b2 b3", ["0-2", "1-2"], { matches: "all" }],
    ["a later beginning takes over when the first has run out", [a, b], "a0 a5 b12", ["5-12"]],
    ["A without B within", [a, notB], "a0 a20 b25 a40", ["0-0", "40-40"]],
    ["A without B: non-overlapping over its whole time", [a, notB], "a0 a5 a11", ["0-0", "11-11"]],
    ["B at the very end of the time still counts", [a, notB], "a0 b10", []],
    ["without in between", [a, one("x", { without: true }), b], "a0 x1 b2 a20 b22", ["20-22"]],
    ["one or more, then B", [one("a", { repeat: true }), b], "a0 a1 a2 b3", ["0-3"]],
    ["one or more at the end takes all within the time", [a, one("b", { repeat: true })], "a0 b1 b9 b11", ["0-9"]],
    ["what fits two elements moves on", [one("ab", { repeat: true }), b], "a0 b1 b2", ["0-1"]],
    ["a single event", [a], "a0 a1", ["0-0", "1-1"]],
  ])("%s", (_, pattern, text, expected, more) => {
    expect(matchesOf(sequenceOf(pattern, more), text)).toEqual(expected);
  });

  it("keeps values and counts of its elements, by subject and key", () => {
    const sequence = sequenceOf([one("a", { repeat: true }), b], {
      by: ["referrer"],
      columns: [
        { as: "n", of: "a", keep: "count" },
        { as: "first", of: "a", keep: "first", field: "price" },
        { as: "last", of: "a", keep: "last", field: "price" },
        { as: "paid", of: "b", keep: "last", field: "price" },
      ],
    });
    const log = start(sequence);
    const at = (letter: string, seconds: number, subject: string, referrer: Scalar, price: Scalar): TestEvent => {
      const { values, ...rest } = event(letter, seconds, subject, price);
      return { ...rest, values: { ...values, referrer } };
    };
    log.frame([
      at("a", 0, "ann", "x", null),
      at("a", 1, "ann", "x", 1),
      at("a", 1, "bob", "x", 7),
      at("a", 2, "ann", "y", 8),
      at("a", 3, "ann", null, 9),
      at("a", 4, "ann", "x", 2),
      at("b", 5, "ann", "x", 3),
      at("b", 5, "ann", null, 3),
    ]);
    log.finish();
    expect(log.rows).toMatchObject([{ referrer: "x", n: 3, first: 1, last: 2, paid: 3 }]);
    expect(log.rows).toHaveLength(1);
  });

  it("an event behind the watermark, or behind what an idle partition has completed, is late", () => {
    const log = start(sequenceOf([a, notB]));
    log.frame(events("a100"));
    for (let i = 0; i < 3; i++) log.tick(200_000);
    expect(spans(log)).toEqual(["100-100"]);
    log.frame(events("b105 b111 a120 b105"));
    expect(log.dead.map(({ code, row }) => [code, row["page.path"]])).toEqual([
      ["late", "b"],
      ["late", "b"],
    ]);
  });

  it("has a bounded number of matches begun: what is beyond it is counted, and joins those there are", () => {
    const pattern = [one("a", { repeat: true }), b];
    const log = start(
      sequenceOf(pattern, {
        withinSeconds: 1000,
        matches: "all",
        columns: [{ as: "n", of: "a", keep: "count" }],
      }),
    );
    const many = Array.from({ length: MAX_PARTIAL_MATCHES + 7 }, (_, i) => event("a", i));
    log.frame(many.slice(0, 50));
    log.frame([...many.slice(50), event("b", 500)]);
    log.finish();
    expect(log.rows).toHaveLength(MAX_PARTIAL_MATCHES);
    expect(log.rows[0]).toMatchObject({ n: MAX_PARTIAL_MATCHES + 7 });
    expect(log.counts["refused.partial-matches"]).toBe(7);
    expect(log.dead.map(({ code }) => code)).toEqual(["partial-matches"]);
  });

  it("stays within the state quota, and frees what is over", () => {
    const log = start(sequenceOf([a, b]), 10, 5000);
    log.frame(Array.from({ length: 100 }, (_, i) => event("a", 0, `s${i}`)));
    expect(log.engine.bytes).toBeLessThanOrEqual(5000);
    expect(log.counts["refused.state-quota"]).toBeGreaterThan(0);
    log.finish();
    expect(log.engine.open).toBe(0);
    log.frame([event("a", 1000)]);
    log.frame([event("x", 5000)]);
    log.finish();
    expect(log.engine.bytes).toBe(0);
  });

  it("erasure leaves nothing of the subject, and all of others", () => {
    const log = start(sequenceOf([a, b]), 1);
    log.frame([event("a", 10, "s1"), event("a", 10, "s11"), event("a", 20, "s1"), event("x", 12, "y")]);
    log.erase("s1");
    expect(JSON.stringify(log.engine.snapshot().pipelines)).not.toContain('"s1"');
    log.frame([event("b", 20, "s1"), event("b", 20, "s11")]);
    log.finish();
    expect(spans(log)).toEqual(["10-20"]);
  });
});

/** What a match is, said as plainly as can be: each beginning by itself, forwards through all that came. */
function oracle({ pattern, matches, withinSeconds }: SequenceOptions, sorted: readonly TestEvent[]): string[] {
  const fits = (at: number, { values }: TestEvent): boolean =>
    (pattern[at] as Element).name.includes(String(values?.["page.path"]));
  const isTaken = (at: number): boolean => pattern[at]?.without !== true;
  const taken = pattern.map((_, i) => i).filter(isTaken);
  const complete = (from: number): { begun: number; done: number; time: number; text: string } | undefined => {
    const first = sorted[from] as TestEvent;
    const over = first.time + withinSeconds * 1000;
    const gap = (place: number): number[] =>
      pattern.map((_, i) => i).slice((taken[place] as number) + 1, taken[place + 1]);
    let place = 0;
    let end = first.time;
    const waits = gap(taken.length - 1).length > 0 || pattern[taken.at(-1) as number]?.repeat === true;
    const text = (): string => `${first.subject} ${first.time}-${end}`;
    if (taken.length === 1 && !waits) return { begun: from, done: from, time: end, text: text() };
    let i = from + 1;
    for (; i < sorted.length; i++) {
      const next = sorted[i] as TestEvent;
      if (next.time > over) break;
      if (gap(place).some((at) => fits(at, next))) return undefined;
      if (place + 1 < taken.length && fits(taken[place + 1] as number, next)) {
        place++;
        end = next.time;
        if (place === taken.length - 1 && !waits) return { begun: from, done: i, time: end, text: text() };
      } else if (pattern[taken[place] as number]?.repeat === true && fits(taken[place] as number, next))
        end = next.time;
    }
    // between the last event of its time and the first beyond it
    return place === taken.length - 1 && waits ? { begun: from, done: i - 0.5, time: over, text: text() } : undefined;
  };
  let found = sorted.flatMap((each, i) => (fits(0, each) ? (complete(i) ?? []) : []));
  if (matches === "all") return found.map(({ text }) => text);
  const kept: string[] = [];
  for (;;) {
    const [next] = found.toSorted((x, y) => x.done - y.done || x.time - y.time || x.begun - y.begun);
    if (next === undefined) return kept;
    kept.push(next.text);
    found = found.filter(({ begun }) => begun > next.done);
  }
}

it("agrees with a search through all that came, in whatever frames, over restarts", () => {
  const letters = fc.constantFrom("a", "b", "c", "ab", "bc");
  const element = fc.record({ name: letters, kind: fc.constantFrom("one", "repeat", "without") });
  const pattern = fc
    .uniqueArray(element, { minLength: 1, maxLength: 4, selector: ({ name }) => name })
    .map((list) =>
      list.map(({ name, kind }, i) =>
        one(
          name,
          kind === "one" || (i === 0 && kind === "without")
            ? {}
            : kind === "repeat"
              ? { repeat: true }
              : { without: true },
        ),
      ),
    );
  const arbitrary = fc.record({
    pattern,
    matches: fc.constantFrom("non-overlapping" as const, "all" as const),
    withinSeconds: fc.integer({ min: 1, max: 8 }),
    came: fc.array(
      fc.record({
        letter: fc.constantFrom("a", "b", "c", "d"),
        step: fc.nat(2),
        back: fc.nat(5),
        subject: fc.constantFrom("s", "t"),
      }),
      { maxLength: 40 },
    ),
    frame: fc.integer({ min: 1, max: 9 }),
    restarts: fc.boolean(),
  });
  fc.assert(
    fc.property(arbitrary, ({ came, frame, restarts, ...options }) => {
      let now = 1000;
      const all = came.map(({ letter, step, back, subject }) => event(letter, (now += step) - back, subject));
      const sequence = sequenceOf(options.pattern, options);
      const log = start(sequence, 5);
      for (let i = 0; i < all.length; i += frame) {
        log.frame(all.slice(i, i + frame));
        if (restarts) log.restart();
      }
      log.finish();
      const subjects = new Map(all.map(({ id, subject }) => [`src/${id}`, subject]));
      const found = log.rows.map(
        (row) => `${subjects.get(String(row["id"]))} ${String(row["match.start"])}-${String(row["match.end"])}`,
      );
      const expected = ["s", "t"].flatMap((subject) =>
        oracle(
          sequence,
          all.filter((each) => each.subject === subject).toSorted((x, y) => x.time - y.time),
        ),
      );
      expect(found.sort()).toEqual(expected.sort());
      expect(log.dead).toEqual([]);
      expect(log.engine.open).toBe(0);
    }),
    { numRuns: 400 },
  );
});
