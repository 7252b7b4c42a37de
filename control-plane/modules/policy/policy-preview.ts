import { Args, Ctx, Field, ID, Int, ObjectType, Query, Resolver } from "type-graphql";
import { policyDiff, type PolicyChange } from "@o2mc/schema/consent/policy-diff.ts";
import type { Policy } from "@o2mc/schema/consent/policy.ts";
import { checkDefinition } from "@o2mc/schema/pipeline/check.ts";
import type { Context } from "../../api/context.ts";
import { currentPolicy, findApplication } from "../../api/find.ts";
import { read } from "../../api/scope.ts";
import type { ApplicationRow } from "../../db/entities/application.ts";
import { PipelineRow } from "../../db/entities/pipeline.ts";
import { PipelineVersionRow } from "../../db/entities/pipeline-version.ts";
import type { EntityManager } from "../../db/orm.ts";
import { ApiError } from "../../errors/api-error.ts";
import { definitionProblem } from "../pipeline/definition-problem.ts";
import { DefinitionProblem } from "../pipeline/definition-problem.type.ts";
import { checkPolicy } from "./check-policy.ts";
import { PolicyChangeModel } from "./policy-change.type.ts";
import { plainPolicy, PolicyArgs } from "./policy.input.ts";
import { stoppingProblem } from "./stopping-problem.ts";

@ObjectType({ description: "what a policy would do to a pipeline that runs" })
class PipelineEffect {
  @Field(() => ID)
  pipeline!: string;

  @Field(() => String)
  name!: string;

  @Field(() => [String], { description: "fields that it reads now and could read no more" })
  loses!: readonly string[];

  @Field(() => DefinitionProblem, { nullable: true, description: "why it would be stopped; null = it would go on" })
  problem!: DefinitionProblem | null;
}

@ObjectType()
class PolicyPreview {
  @Field(() => Int, { description: "the version it would be; consent given under an older one becomes outdated" })
  version!: number;

  @Field(() => Int, {
    nullable: true,
    description: "how many subjects' stored consent or withdrawal is of an older version then; null = the hub is down",
  })
  storedConsents!: number | null;

  @Field(() => [PolicyChangeModel])
  changes!: readonly PolicyChange[];

  @Field(() => [PipelineEffect], { description: "the running pipelines that would lose something or stop" })
  pipelines!: readonly PipelineEffect[];
}

/** The rest of a preview needs no hub. */
function nullWhenDown(error: unknown): null {
  if (error instanceof ApiError && error.code === "HUB_UNAVAILABLE") return null;
  throw error;
}

const NONE: Omit<Policy, "version"> = { purposes: [], fields: [] };

@Resolver()
export class PolicyPreviews {
  @Query(() => PolicyPreview, { description: "What publishing this policy would change; publishes nothing." })
  policyPreview(@Args(() => PolicyArgs) input: PolicyArgs, @Ctx() context: Context): Promise<PolicyPreview> {
    return read(context, "policy.read", async ({ em, tenant, services }) => {
      const application = await findApplication(em, input.application);
      const parts = plainPolicy(input);
      checkPolicy(parts);
      const current = await currentPolicy(em, application.id);
      const next = { ...parts, version: (current?.version ?? 0) + 1 };
      const effects = current === null ? [] : await effectsOf(em, application, current, next);
      return {
        version: next.version,
        storedConsents: await services.hub.countConsents(tenant, application.id).catch(nullWhenDown),
        changes: policyDiff(current ?? NONE, next),
        pipelines: effects.filter(({ loses, problem }) => loses.length > 0 || problem !== null),
      };
    });
  }
}

async function effectsOf(
  em: EntityManager,
  application: ApplicationRow,
  current: Policy,
  next: Policy,
): Promise<PipelineEffect[]> {
  const pipelines = await em.find(
    PipelineRow,
    { application: application.id, publishedVersion: { $ne: null } },
    { orderBy: { createdAt: "asc", id: "asc" } },
  );
  const effects: PipelineEffect[] = [];
  for (const { id, name, publishedVersion } of pipelines) {
    const key = { pipeline: id, version: publishedVersion };
    const running = await em.findOneOrFail(PipelineVersionRow, key);
    effects.push({
      pipeline: id,
      name,
      loses: lostFields(running, application, current, next),
      problem: await stoppingProblem(em, id, running, next, application),
    });
  }
  return effects;
}

function lostFields(
  { definition, outputs }: PipelineVersionRow,
  { partitions }: ApplicationRow,
  current: Policy,
  next: Policy,
): readonly string[] {
  const runs = { partitions, published: outputs };
  if (definitionProblem(definition, current, runs) !== null) return [];
  const { readSet } = checkDefinition(definition, current, runs);
  const stays = (path: string): boolean => {
    const field = next.fields.find((one) => one.path === path);
    return field !== undefined && definition.purposes.every((purpose) => field.purposes.includes(purpose));
  };
  return readSet.map(({ path }) => path).filter((path) => !stays(path));
}
