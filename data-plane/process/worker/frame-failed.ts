import type { Effects } from "../partition/effects.ts";

/** A whole frame that the engine can't take, for a reason that only the log of the process shows. */
export function frameFailed(lane: string, partition: number, sequence: number): Effects {
  return {
    results: [],
    dead: [
      {
        pipeline: lane,
        messageId: `dead.${lane}.${partition}.${sequence}.frame`,
        letter: {
          v: 1,
          at: 0,
          stage: "process",
          owner: lane,
          code: "frame-failed",
          message: `frame ${sequence} of partition ${partition} cannot be processed`,
          row: {},
        },
      },
    ],
  };
}
