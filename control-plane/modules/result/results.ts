import { Arg, Resolver, Root, Subscription } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { find, findApplication } from "../../api/find.ts";
import { readOnRecord } from "../../api/scope.ts";
import { PipelineRow } from "../../db/entities/pipeline.ts";
import { TenantRow } from "../../db/entities/tenant.ts";
import { ApiError } from "../../errors/api-error.ts";
import type { ResultEvent } from "../../hub/results.ts";
import { knownOutputs } from "../pipeline/known-outputs.ts";
import { cursorPlace, cursorText } from "./cursor.ts";
import { OutputRef, ResultMessage, toResultMessage, type ResultGap, type ResultRows } from "./result.type.ts";

interface ResultsArgs {
  readonly output: OutputRef;
  readonly after?: string | null;
}

@Resolver()
export class Results {
  @Subscription(() => ResultMessage, {
    description:
      "Results as they are made; with `after`, also those since that cursor, as far as they are still held (`0`: all).",
    subscribe: ({ args, context }: { args: ResultsArgs; context: Context }) => openResults(context, args),
  })
  results(
    @Root() event: ResultEvent,
    @Arg("output", () => OutputRef) output: OutputRef,
    // read by `subscribe`; named here so that the schema has it
    @Arg("after", () => String, { nullable: true }) _after?: string | null,
  ): ResultRows | ResultGap {
    return toResultMessage(event, (place) => cursorText(output, place));
  }
}

// the promise of an iterable is what graphql-js takes from a subscribe function; type-graphql's type knows only the iterable
function openResults(context: Context, args: ResultsArgs): AsyncIterable<ResultEvent> {
  return authorisedResults(context, args) as unknown as AsyncIterable<ResultEvent>;
}

async function authorisedResults(
  context: Context,
  { output: ref, after }: ResultsArgs,
): Promise<AsyncIterable<ResultEvent>> {
  const { application, pipeline, output } = ref;
  const { tenant, limit } = await readOnRecord(context, "result.subscribe", async ({ em, tenant: id, audit }) => {
    await findApplication(em, application);
    const row = await find(em, PipelineRow, "pipeline", pipeline);
    if (row.application !== application) throw new ApiError("NOT_FOUND", { kind: "pipeline", id: pipeline });
    if (!(await knownOutputs(em, row)).has(output)) throw new ApiError("NOT_FOUND", { kind: "output", id: output });
    audit("result.subscribed", pipeline, { application, output, after: after ?? null });
    const { quotas } = await em.findOneOrFail(TenantRow, { id });
    return { tenant: id, limit: quotas.subscribers };
  });
  // a foreign output is told to be none before its cursor is looked at
  const from = after == null ? {} : { after: cursorPlace(ref, after) };
  const request = { application, pipeline, output, ...from };
  const { hub, subscribers } = context.services;
  return subscribers.count(tenant, limit, () => hub.openResults(tenant, request));
}
