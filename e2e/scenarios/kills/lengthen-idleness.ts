import { readEventFrame } from "@o2mc/schema/events/event-frame.ts";
import { PIPELINES } from "@o2mc/cli/start/demo/definitions.ts";
import { accessToken, ask } from "../../testkit/api.ts";
import { eventually } from "../../testkit/eventually.ts";
import { logHit, postEvents } from "../../testkit/ingest.ts";
import { ownSource } from "../../testkit/own-source.ts";
import type { Platform } from "../../testkit/platform.ts";
import type { TenantHub } from "../../testkit/tenant-hub.ts";

const IDLE_SECONDS = 30;

/**
 * The demo's pipeline takes five silent seconds for the end of the log, and completes every session. While a process is
 * started again and the sender backs off it may be silent for longer: publishes it with more patience, as a developer would.
 */
export async function lengthenIdleness({ endpoints }: Platform, hub: TenantHub): Promise<void> {
  const { application } = endpoints.demo;
  const token = await accessToken(endpoints, "dev@demo.example");
  const { time, ...rest } = PIPELINES["log-sessions"];
  const definition = { ...rest, time: { ...time, idleSeconds: IDLE_SECONDS } };
  const { savePipelineDraft } = await ask<{ savePipelineDraft: { id: string } }>(
    endpoints,
    token,
    `mutation ($application: ID!, $definition: PipelineDefinitionInput!) {
      savePipelineDraft(application: $application, name: "log-sessions", definition: $definition) { id } }`,
    { application, definition },
  );
  await ask(endpoints, token, "mutation ($id: ID!) { publishPipeline(pipeline: $id) { id } }", savePipelineDraft);

  // a frame that was cut for the old version is not for the new one: wait until the edge cuts for it, on another lane
  const probe = await ownSource(endpoints, "revision probe", ["analytics"]);
  const asked = await ask<{ application: { revision: number } }>(
    endpoints,
    token,
    "query ($id: ID!) { application(id: $id) { revision } }",
    { id: application },
  );
  const current = async (): Promise<boolean> => {
    await postEvents(endpoints, probe.id, probe.writeKey, JSON.stringify(logHit(`probe-${Date.now()}`)));
    const frame = hub.published("ev.").at(-1);
    return frame !== undefined && readEventFrame(frame.data).revision >= asked.application.revision;
  };
  await eventually(current, true, 20_000, 0);
}
