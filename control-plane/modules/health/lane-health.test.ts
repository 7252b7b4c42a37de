import { expect, test } from "vitest";
import { toLaneHealth } from "./lane-health.ts";

const NOW = 1_000_000;

const step = (place: string, rows: number, keys: number | null) => ({
  place,
  verb: "filter",
  in: rows,
  out: rows,
  dropped: 0,
  failed: 0,
  late: 1,
  refused: 0,
  nanoseconds: rows * 100,
  keys,
  bytes: 10,
});

const lane = { id: "analytics", purposes: ["analytics"], partitions: 3, fields: [], stateBytes: 100 };

const partition = (number: number, rows: number, change: { owned?: boolean; waiting?: number } = {}) => ({
  partition: number,
  owned: true,
  waiting: 0,
  delivered: 1,
  report: {
    v: 1 as const,
    at: NOW - 90_000,
    revision: 1,
    frames: 1,
    events: rows,
    lagMs: rows * 1000,
    state: { bytes: 10, limit: 100, refused: 2 },
    pipelines: [{ pipeline: "p", steps: [step("1", rows, 1), step("2", rows, null)] }],
  },
  ...change,
});

test("partitions are put together step by step; a lag is of what waits", () => {
  const health = toLaneHealth({ lane, partitions: [partition(0, 30, { waiting: 3 }), partition(1, 10)] }, NOW);
  expect(health).toMatchObject({
    ownedPartitions: 2,
    lagFrames: 3,
    lagEvents: 60,
    lagSeconds: 30,
    events: 40,
    stateBytes: 20,
    stateBytesLimit: 100,
    refused: 4,
    pipelines: [
      {
        pipeline: "p",
        steps: [
          { place: "1", in: 40, out: 40, late: 2, nanosecondsPerRow: 100, keys: 2, bytes: 20 },
          { place: "2", keys: null },
        ],
      },
    ],
  });
});

test("what nobody works on is behind since it was told of last, and nothing when nothing waits", () => {
  const behind = toLaneHealth({ lane, partitions: [partition(0, 30, { waiting: 1, owned: false })] }, NOW);
  expect(behind).toMatchObject({ ownedPartitions: 0, lagSeconds: 90 });
  const idle = toLaneHealth({ lane, partitions: [partition(0, 30, { owned: false })] }, NOW);
  expect(idle).toMatchObject({ lagFrames: 0, lagSeconds: 0 });
});
