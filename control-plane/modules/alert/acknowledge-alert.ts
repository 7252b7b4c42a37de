import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { findLocked } from "../../api/find.ts";
import { change } from "../../api/scope.ts";
import { AlertRow } from "../../db/entities/alert.ts";
import { Alert, toAlert } from "./alert.type.ts";

@Resolver()
export class AcknowledgeAlert {
  @Mutation(() => Alert, { description: "Says that somebody looks after it; the first to say so stays." })
  acknowledgeAlert(@Arg("alert", () => ID) id: string, @Ctx() context: Context): Promise<Alert> {
    return change(context, "pipeline.write", async ({ em, actor, audit }) => {
      const alert = await findLocked(em, AlertRow, "alert", id);
      alert.acknowledgedAt ??= new Date();
      alert.acknowledgedBy ??= actor.id;
      audit("alert.acknowledged", id, { kind: alert.kind, target: alert.target });
      return toAlert(alert);
    });
  }
}
