import { expect, onTestFinished, test } from "vitest";
import type { DeployedPipeline } from "@o2mc/schema/deployment/deployment.ts";
import { decodeResultFrame } from "@o2mc/schema/events/result-frame.ts";
import { checkDefinition } from "@o2mc/schema/pipeline/check.ts";
import type { PipelineDefinition, Step, StepVerb } from "@o2mc/schema/pipeline/definition.ts";
import { everyStep } from "@o2mc/schema/pipeline/every-step.ts";
import { STEPS } from "@o2mc/schema/pipeline/steps.ts";
import { LANE, testDeployment, testPipeline } from "../testkit/deployment.ts";
import { TestLog } from "../testkit/engine.ts";
import type { TestEvent } from "../testkit/frames.ts";
import type { GeoLookup } from "./step.ts";

/** Besides the example of each spec: what has states or ways of its own. Each is the beginning of a pipeline. */
const SAMPLES: readonly (readonly object[])[] = [
  [{ dedupe: { by: ["event.page.path"], withinSeconds: 20 } }],
  [{ sample: { rate: 0.5, by: "id", salt: "x" } }],
  [{ anonymize: { field: "$subject", method: "hash" } }],
  [{ anonymize: { field: "$subject", method: "hash", rotate: "day" } }],
  [{ anonymize: { field: "$time", method: "generalise", to: "day", zone: "Europe/Amsterdam" } }],
  [{ parse: { field: "page.path", format: "json", columns: [{ as: "n", type: "integer" }], failed: "dead-letter" } }],
  [{ parse: { field: "page.path", format: "csv", columns: [{ as: "a" }, { as: "b", type: "number" }] } }],
  [{ parse: { field: "referrer", format: "user-agent", into: "ua" } }],
  [{ parse: { field: "referrer", format: "combined-log", into: "log" } }],
  [
    {
      parse: { field: "page.path", format: "pattern", pattern: "/%{WORD:word}", columns: [{ as: "word" }] },
    },
  ],
  [
    { sessionize: { gapSeconds: 20, sticky: [{ field: "page.path", keep: "last", as: "exit" }] } },
    { sample: { rate: 0.7 } },
    { window: { sizeSeconds: 120, aggregates: [{ as: "n", kind: "count" }] } },
  ],
  [
    {
      sequence: {
        by: ["page.path"],
        withinSeconds: 90,
        matches: "all",
        pattern: [
          { name: "a", where: "event.price > 20.0", repeat: true },
          { name: "not", where: "event.price == 0.0", without: true },
          { name: "b", where: "event.price < 100.0" },
        ],
        columns: [
          { as: "last", of: "a", keep: "last", field: "referrer" },
          { as: "n", of: "a", keep: "count" },
        ],
      },
    },
    { window: { sizeSeconds: 60, aggregates: [{ as: "n", kind: "count" }] } },
  ],
  [
    {
      window: {
        sizeSeconds: 30,
        by: ["page.path"],
        aggregates: [
          { as: "n", kind: "count" },
          { as: "sum", kind: "sum", field: "price" },
          { as: "prices", kind: "distinct", field: "price" },
        ],
      },
    },
  ],
  [
    {
      split: {
        cases: [
          {
            when: "event.price > 5.0",
            steps: [
              {
                branch: {
                  steps: [{ dedupe: { by: ["event.price"], withinSeconds: 60 } }, { emit: { output: "once" } }],
                },
              },
              { sessionize: { gapSeconds: 10 } },
              { emit: { output: "sessions" } },
            ],
          },
        ],
      },
    },
  ],
];

/** Fails a step on some rows, the same ones whenever. */
const geoip: GeoLookup = (address) => {
  if (address.endsWith(".7")) throw new Error("corrupt database");
  return address.endsWith(".9") ? undefined : { country: "NL", city: address, latitude: 52, longitude: 4 };
};

/** A log of events, ticks and an erasure, always the same one. */
type Entry = TestEvent | "tick" | "erase";

const PATHS = ["/a", "/b?utm_campaign=x", '{"n":3}', "1,2.5", "/word", null];
const REFERRERS = [
  "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0",
  '1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET /x HTTP/1.1" 200 5 "-" "curl/8"',
  null,
];

function makeLog(): readonly Entry[] {
  let seed = 42;
  const next = (n: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % n;
  };
  let now = 1_000_000;
  return Array.from({ length: 700 }, (_, i): readonly Entry[] => {
    now += next(4000);
    const subject = next(30);
    const event = {
      id: `e${i}`,
      subject: `s${subject}`,
      time: now - next(14_000),
      values: {
        "page.path": PATHS[next(PATHS.length)] ?? null,
        referrer: REFERRERS[next(REFERRERS.length)] ?? null,
        price: next(8) === 0 ? null : next(10) * 15,
        $ip: `10.0.${next(3)}.${next(12)}`,
        $subject: `user ${subject}`,
      },
    };
    if (i === 250) return [event, "tick", "tick", "tick"];
    return i === 400 ? [event, "erase"] : [event];
  }).flat();
}

/** Of `sizes` in turn; with `restart` the engine goes on from its snapshot after each. */
function play(
  pipeline: DeployedPipeline,
  entries: readonly Entry[],
  sizes: readonly number[],
  restart: boolean,
): TestLog {
  const log = new TestLog([pipeline], { geoip });
  let events: TestEvent[] = [];
  let frames = 0;
  const cut = (): void => {
    if (events.length === 0) return;
    log.frame(events);
    events = [];
    frames++;
    if (restart) log.restart();
  };
  for (const entry of entries) {
    if (entry === "tick") {
      cut();
      log.tick(1_100_000);
    } else if (entry === "erase") {
      cut();
      log.erase("s1");
    } else {
      events.push(entry);
      if (events.length === sizes[frames % sizes.length]) cut();
    }
  }
  cut();
  log.finish();
  return log;
}

const bytes = (log: TestLog): readonly string[] =>
  log.messages.map(({ messageId, data }) => `${messageId} ${Buffer.from(data).toString("base64")}`);

/** Each output's rows, whichever message they came in. */
function rows(log: TestLog): readonly string[] {
  const found = log.messages.flatMap(({ output, data }) => {
    const { id, subjectKey, columns } = decodeResultFrame(data);
    const names = Object.keys(columns);
    return id.map((one, i) => JSON.stringify([output, one, subjectKey?.[i], names.map((name) => columns[name]?.[i])]));
  });
  return found.sort((a, b) => (a < b ? -1 : 1));
}

const dead = (log: TestLog): readonly string[] =>
  log.dead.map((letter) => JSON.stringify(letter)).sort((a, b) => (a < b ? -1 : 1));

function pipelineOf(steps: readonly object[]): DeployedPipeline {
  const ends = steps.some((step) => "emit" in step) ? [] : [{ emit: { output: "all" } }];
  const given = { purposes: LANE.purposes, steps: [...steps, ...ends] } as unknown as PipelineDefinition;
  const { policy } = testDeployment([]);
  const { definition, outputs } = checkDefinition(given, policy, { partitions: 1 });
  return testPipeline({ steps: definition.steps, outputs });
}

/** Until the test ends, the clock and chance are not there. */
function withoutClock(): void {
  const { Date: date, performance: clock } = globalThis;
  const { random } = Math;
  const refuse = (): never => {
    throw new Error("a step has read the clock or thrown dice");
  };
  globalThis.Date = new Proxy(date, {
    construct: (target, given) => (given.length === 0 ? refuse() : (Reflect.construct(target, given) as object)),
    apply: refuse,
    get: (target, name) => (name === "now" ? refuse : (Reflect.get(target, name) as unknown)),
  });
  Math.random = refuse;
  globalThis.performance = new Proxy(clock, {
    get: (target, name) => (name === "now" ? refuse : (Reflect.get(target, name) as unknown)),
  });
  onTestFinished(() => {
    globalThis.Date = date;
    Math.random = random;
    globalThis.performance = clock;
  });
}

const LOG = makeLog();
const PIPELINES = [...STEPS.map(({ verb, example }) => [{ [verb]: example }]), ...SAMPLES];

test.each(PIPELINES.map((steps) => [JSON.stringify(steps), steps] as const))("%s", (_, steps) => {
  const pipeline = pipelineOf(steps);
  withoutClock();
  const once = play(pipeline, LOG, [50], false);
  expect(bytes(play(pipeline, LOG, [50], true))).toEqual(bytes(once));
  expect(once.messages.length).toBeGreaterThan(0);
  for (const sizes of [[1], [7, 3, 90], [1000]]) {
    const again = play(pipeline, LOG, sizes, sizes.length === 3);
    expect(rows(again)).toEqual(rows(once));
    expect(dead(again)).toEqual(dead(once));
  }
});

test("every step is among them", () => {
  const verbs = everyStep(PIPELINES.flat() as readonly Step[]).map((step) => Object.keys(step)[0] as StepVerb);
  expect(STEPS.filter(({ verb }) => !verbs.includes(verb))).toEqual([]);
});
