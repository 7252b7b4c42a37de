import { Arg, Ctx, ID, Query, Resolver } from "type-graphql";
import type { PipelineHealth, StepHealth } from "@o2mc/schema/health/lane-health.ts";
import type { Context } from "../../api/context.ts";
import { findApplication } from "../../api/find.ts";
import { withinDeadline } from "../../api/limits/deadline.ts";
import { read } from "../../api/scope.ts";
import type { LaneState, PartitionState } from "../../hub/lane-health.ts";
import { LaneHealth, type PipelineHealthModel } from "./lane-health.type.ts";

@Resolver()
export class LaneHealthQuery {
  @Query(() => [LaneHealth], {
    description: "How the application's lanes are, and what each step of their pipelines does.",
  })
  async laneHealth(@Arg("application", () => ID) application: string, @Ctx() context: Context): Promise<LaneHealth[]> {
    const tenant = await read(context, "pipeline.read", async ({ em, tenant: id }) => {
      await findApplication(em, application);
      return id;
    });
    const states = await withinDeadline(context, context.services.hub.laneStates(tenant, application));
    return states.map((state) => toLaneHealth(state, Date.now()));
  }
}

export function toLaneHealth({ lane, partitions }: LaneState, now: number): LaneHealth {
  const reports = partitions.flatMap(({ report }) => report ?? []);
  const sum = (of: (report: (typeof reports)[number]) => number): number =>
    reports.reduce((all, one) => all + of(one), 0);
  const [frames, events] = [sum((report) => report.frames), sum((report) => report.events)];
  const lagFrames = partitions.reduce((all, { waiting }) => all + waiting, 0);
  return {
    lane: lane.id,
    partitions: partitions.length,
    ownedPartitions: partitions.filter(({ owned }) => owned).length,
    lagFrames,
    lagEvents: Math.round(lagFrames * (frames === 0 ? 1 : events / frames)),
    lagSeconds: Math.max(0, ...partitions.map((one) => lagSeconds(one, now))),
    events,
    stateBytes: sum(({ state }) => state.bytes),
    stateBytesLimit: lane.stateBytes ?? null,
    refused: sum(({ state }) => state.refused),
    reportedAt: reports.length === 0 ? null : new Date(Math.max(...reports.map(({ at }) => at))),
    pipelines: mergePipelines(reports.flatMap(({ pipelines }) => pipelines)),
  };
}

/** Of what nobody processes it is known only that it came after the last report. */
function lagSeconds({ waiting, owned, report }: PartitionState, now: number): number {
  if (waiting === 0 || report === undefined) return 0;
  return (owned ? report.lagMs : Math.max(report.lagMs, now - report.at)) / 1000;
}

/** Over all partitions, each step once. */
function mergePipelines(all: readonly PipelineHealth[]): readonly PipelineHealthModel[] {
  const byPipeline = new Map<string, Map<string, StepHealth>>();
  for (const { pipeline, steps } of all) {
    const merged = byPipeline.get(pipeline) ?? new Map<string, StepHealth>();
    byPipeline.set(pipeline, merged);
    for (const step of steps) {
      const before = merged.get(step.place);
      merged.set(step.place, before === undefined ? step : addSteps(before, step));
    }
  }
  return Array.from(byPipeline, ([pipeline, steps]) => ({
    pipeline,
    steps: Array.from(steps.values(), (step) => ({
      ...step,
      nanosecondsPerRow: step.in === 0 ? null : step.nanoseconds / step.in,
    })),
  }));
}

const addSteps = (a: StepHealth, b: StepHealth): StepHealth => ({
  place: a.place,
  verb: a.verb,
  in: a.in + b.in,
  out: a.out + b.out,
  dropped: a.dropped + b.dropped,
  failed: a.failed + b.failed,
  late: a.late + b.late,
  refused: a.refused + b.refused,
  nanoseconds: a.nanoseconds + b.nanoseconds,
  keys: a.keys === null && b.keys === null ? null : (a.keys ?? 0) + (b.keys ?? 0),
  bytes: a.bytes + b.bytes,
});
