import { Arg, Ctx, ID, Int, Query, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { findApplication } from "../../api/find.ts";
import { invalid } from "../../api/input.ts";
import { withinDeadline } from "../../api/limits/deadline.ts";
import { readOnRecord } from "../../api/scope.ts";
import { DeadLetterModel } from "./result.type.ts";

const MAX_FIRST = 200;

@Resolver()
export class DeadLetters {
  @Query(() => [DeadLetterModel], { description: "newest first; without those of subjects who no longer permit it" })
  async deadLetters(
    @Arg("application", () => ID) application: string,
    @Arg("first", () => Int, { defaultValue: 50, description: "1 to 200" }) first: number,
    @Ctx() context: Context,
  ): Promise<DeadLetterModel[]> {
    if (first < 1 || first > MAX_FIRST) throw invalid("first", `must be 1 to ${MAX_FIRST}`);
    const tenant = await readOnRecord(context, "dead-letter.read", async ({ em, tenant: id, audit }) => {
      await findApplication(em, application);
      audit("dead-letter.read", application, { first });
      return id;
    });
    const letters = await withinDeadline(context, context.services.hub.lastDeadLetters(tenant, application, first));
    return letters.map(({ at, stage, owner, step, code, message, row }) => ({
      at: new Date(at),
      stage,
      owner,
      step: step ?? null,
      code,
      message,
      row,
    }));
  }
}
