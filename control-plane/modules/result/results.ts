import { Arg, Resolver, Root, Subscription } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { find, findApplication } from "../../api/find.ts";
import { read } from "../../api/scope.ts";
import { PipelineRow } from "../../db/entities/pipeline.ts";
import { ApiError } from "../../errors/api-error.ts";
import type { ResultEvent } from "../../hub/results.ts";
import { knownOutputs } from "../pipeline/known-outputs.ts";
import { OutputRef, ResultMessage, toResultMessage, type ResultGap, type ResultRows } from "./result.type.ts";

interface ResultsArgs {
  readonly output: OutputRef;
  readonly after?: string | null;
}

@Resolver()
export class Results {
  @Subscription(() => ResultMessage, {
    description: "Results as they are made; with `after`, also those since that cursor, as far as they are still held.",
    subscribe: ({ args, context }: { args: ResultsArgs; context: Context }) => openResults(context, args),
  })
  results(
    @Root() event: ResultEvent,
    // read by `subscribe`; named here so that the schema has them
    @Arg("output", () => OutputRef) _output: OutputRef,
    @Arg("after", () => String, { nullable: true }) _after?: string | null,
  ): ResultRows | ResultGap {
    return toResultMessage(event);
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
  const cursor = after == null ? undefined : readCursor(after);
  const tenant = await read(context, "result.subscribe", async ({ em, tenant: id }) => {
    await findApplication(em, application);
    const row = await find(em, PipelineRow, "pipeline", pipeline);
    if (row.application !== application) throw new ApiError("NOT_FOUND", { kind: "pipeline", id: pipeline });
    if (!(await knownOutputs(em, row)).has(output)) throw new ApiError("NOT_FOUND", { kind: "output", id: output });
    return id;
  });
  const request = { application, pipeline, output, ...(cursor === undefined ? {} : { after: cursor }) };
  return context.services.hub.openResults(tenant, request);
}

function readCursor(cursor: string): number {
  if (!/^\d{1,15}$/.test(cursor)) throw new ApiError("INVALID_CURSOR");
  return Number(cursor);
}
