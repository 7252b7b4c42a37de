import type { OptionSpecs } from "../options/option.ts";
import type { OptionsOf } from "../options/options-of.ts";

const DAY = 24 * 3600;

export const TIME_OPTIONS = {
  disorderSeconds: {
    kind: "integer",
    min: 0,
    max: DAY,
    unit: "seconds",
    default: 60,
    description: "how far events may be behind the newest one of their partition and still be on time",
  },
  idleSeconds: {
    kind: "integer",
    min: 1,
    max: DAY,
    unit: "seconds",
    default: 30,
    description:
      "a partition without events for this long by the log's clock is idle: what it holds is completed by that clock",
  },
} as const satisfies OptionSpecs;

/** How a pipeline takes time from its events. */
export type TimeOptions = OptionsOf<typeof TIME_OPTIONS>;

export const DEFAULT_TIME: TimeOptions = {
  disorderSeconds: TIME_OPTIONS.disorderSeconds.default,
  idleSeconds: TIME_OPTIONS.idleSeconds.default,
};
