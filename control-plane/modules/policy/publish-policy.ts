import { Args, Ctx, Field, ID, Mutation, ObjectType, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { currentPolicy, findLocked } from "../../api/find.ts";
import { newId } from "../../api/ids.ts";
import { change, type ChangeScope } from "../../api/scope.ts";
import { ApplicationRow } from "../../db/entities/application.ts";
import { PipelineRow } from "../../db/entities/pipeline.ts";
import { PipelineVersionRow } from "../../db/entities/pipeline-version.ts";
import { PolicyRow } from "../../db/entities/policy.ts";
import { enqueue } from "../../db/outbox.ts";
import { stoppingProblem } from "./stopping-problem.ts";
import { checkPolicy } from "./check-policy.ts";
import { plainPolicy, PolicyArgs } from "./policy.input.ts";
import { Policy, toPolicy } from "./policy.type.ts";

@ObjectType()
class PublishedPolicy {
  @Field(() => Policy)
  policy!: Policy;

  @Field(() => [ID], { description: "pipelines that the new policy no longer permits; they run no more" })
  stopped!: readonly string[];
}

@Resolver()
export class PublishPolicy {
  @Mutation(() => PublishedPolicy, {
    description: "By a privacy officer only. The version rises by one: consent given under an older one is outdated.",
  })
  publishPolicy(@Args(() => PolicyArgs) input: PolicyArgs, @Ctx() context: Context): Promise<PublishedPolicy> {
    return change(context, "policy.publish", async (scope) => {
      const { em, actor, tenant, audit } = scope;
      const { application: id } = input;
      const application = await findLocked(em, ApplicationRow, "application", id);
      const parts = plainPolicy(input);
      checkPolicy(parts);
      const version = ((await currentPolicy(em, id))?.version ?? 0) + 1;
      const row = em.create(PolicyRow, {
        id: newId("pol"),
        tenant,
        application: id,
        version,
        ...parts,
        publishedBy: actor.id,
      });
      audit("policy.published", row.id, { application: id, version });
      const stopped = await stopForbidden(scope, application, row);
      await em.flush();
      await enqueue(em, { kind: "deployment", tenant, application: id });
      return { policy: toPolicy(row), stopped };
    });
  }
}

/** Unpublishes what no longer passes its check, so that a narrower policy takes effect without waiting for developers. */
async function stopForbidden(
  { em, audit }: ChangeScope,
  application: ApplicationRow,
  policy: PolicyRow,
): Promise<readonly string[]> {
  const stopped: string[] = [];
  const published = await em.find(PipelineRow, { application: application.id, publishedVersion: { $ne: null } });
  for (const pipeline of published) {
    const version = await em.findOneOrFail(PipelineVersionRow, {
      pipeline: pipeline.id,
      version: pipeline.publishedVersion,
    });
    const problem = await stoppingProblem(em, pipeline.id, version, policy, application);
    if (problem === null) continue;
    pipeline.publishedVersion = null;
    stopped.push(pipeline.id);
    audit("pipeline.stopped", pipeline.id, { policyVersion: policy.version, problem: problem.message });
  }
  return stopped;
}
