import fc from "fast-check";
import { PartitionEngine } from "@o2mc/data-plane/process/partition/engine.ts";
import type { Effects } from "@o2mc/data-plane/process/partition/effects.ts";
import { effectMessages } from "@o2mc/data-plane/process/worker/effect-messages.ts";
import { columnOf, numberColumn, textColumn } from "@o2mc/schema/events/columns/column.ts";
import { encodeEventFrame, readEventFrame, type EventFrame } from "@o2mc/schema/events/event-frame.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import { decodeResultFrame } from "@o2mc/schema/events/result-frame.ts";
import { checkDefinition, type CheckedDefinition } from "@o2mc/schema/pipeline/check.ts";
import { DefinitionError } from "@o2mc/schema/pipeline/definition-error.ts";
import type { PipelineDefinition } from "@o2mc/schema/pipeline/definition.ts";
import type { Policy } from "@o2mc/schema/consent/policy.ts";
import { definition, FIELDS, frames, policy } from "./arbitrary.ts";

const NOW = Date.UTC(2026, 10, 24);
const HUB_LIMIT = 1024 * 1024;
const TICKS = 40;

type Events = (typeof frames extends fc.Arbitrary<infer T> ? T : never)[number];

export interface PipelinesFuzzed {
  readonly definitions: number;
  /** how many of them may be published */
  readonly valid: number;
}

/**
 * Definitions as anybody may write them: the checker refuses with a DefinitionError or not at all, and what it lets pass is
 * planned and runs on any frames, without throwing, within what a hub message holds, and shows no field that its purposes
 * may not see.
 */
export function fuzzPipelines(definitions: number, seed: number): PipelinesFuzzed {
  let valid = 0;
  const property = fc.property(policy, definition, frames, (declared, given, log) => {
    const checked = check(given as PipelineDefinition, declared);
    if (checked === undefined) return;
    valid++;
    for (const field of checked.readSet) {
      const hidden = checked.definition.purposes.some((purpose) => !field.purposes.includes(purpose));
      if (hidden) throw new Error(`it reads ${field.path}`);
    }
    run(checked, declared, log);
  });
  fc.assert(property, { seed, numRuns: definitions });
  return { definitions, valid };
}

function check(given: PipelineDefinition, declared: Policy): CheckedDefinition | undefined {
  try {
    return checkDefinition(given, declared, { partitions: 1 });
  } catch (error) {
    if (error instanceof DefinitionError) return undefined;
    throw error;
  }
}

function run(
  { definition: { purposes }, definition: checked, readSet, outputs }: CheckedDefinition,
  declared: Policy,
  log: readonly Events[],
): void {
  const lane = { id: "lane", purposes, partitions: 1, fields: readSet };
  const engine = new PartitionEngine({
    partition: 0,
    geoip: () => undefined,
    recheck: () => undefined,
    count: () => undefined,
  });
  engine.deploy(
    {
      formatVersion: 1,
      tenant: "t1",
      application: "app",
      revision: 1,
      policy: declared,
      sources: [],
      lanes: [lane],
      pipelines: [{ id: "p", name: "p", version: 1, since: 1, lane: "lane", definition: checked, outputs }],
      deliveries: [],
      subjectSalt: "00".repeat(32),
    },
    lane,
  );
  let sequence = 0;
  log.forEach((events, i) => inspect(engine.frame(++sequence, frameOf(events, readSet, i))));
  for (let i = 0; i < TICKS; i++) inspect(engine.tick(++sequence, { v: 1, tick: NOW + 300_000 + i * 1000 }));
}

function frameOf(events: Events, readSet: CheckedDefinition["readSet"], frame: number): EventFrame {
  return readEventFrame(
    encodeEventFrame(
      { revision: 1, policy: 1, at: NOW + frame * 1000 },
      events.length,
      {
        $id: textColumn(events.map((_, i) => `${frame}-${i}`)),
        $type: textColumn(events.map(() => "t")),
        $time: numberColumn(events.map(({ time }) => NOW + time * 1000)),
        $source: textColumn(events.map(() => "src")),
        "#key": textColumn(events.map(({ subject }) => subject)),
      },
      readSet.map(({ path, type }) => {
        const at = FIELDS.findIndex(([name]) => name === path);
        return [
          path,
          columnOf(
            type,
            events.map(({ cells }): Scalar => cells[at] ?? null),
          ),
        ];
      }),
    ),
  );
}

function inspect(effects: Effects): void {
  for (const { data } of effectMessages("app", effects)) {
    if (data.length > HUB_LIMIT) throw new Error(`a message of ${data.length} bytes`);
  }
  for (const { data } of effects.results) decodeResultFrame(data);
}
