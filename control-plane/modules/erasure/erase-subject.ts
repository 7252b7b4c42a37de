import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { currentPolicy, findApplication } from "../../api/find.ts";
import { newId } from "../../api/ids.ts";
import { change } from "../../api/scope.ts";
import { ErasurePartRow } from "../../db/entities/erasure-part.ts";
import { ErasureRow } from "../../db/entities/erasure.ts";
import { enqueue } from "../../db/outbox.ts";
import { ApiError } from "../../errors/api-error.ts";
import { subjectKeyOf } from "../subject/subject-key.ts";
import { Erasure, toErasure } from "./erasure.type.ts";

@Resolver()
export class EraseSubject {
  @Mutation(() => Erasure, {
    description:
      "By a privacy officer: withdraws the subject's consent and takes what is held of it out of every place, part by " +
      "part, each tried until it is done. It goes on by itself; `erasure` tells how far it is.",
  })
  eraseSubject(
    @Arg("application", () => ID) application: string,
    @Arg("subject", () => String) subject: string,
    @Ctx() context: Context,
  ): Promise<Erasure> {
    return change(context, "subject.erase", async (scope) => {
      const { em, tenant, actor, audit } = scope;
      await findApplication(em, application);
      // without one nothing has passed the gate, and the withdrawal would have no words
      if ((await currentPolicy(em, application)) === null) throw new ApiError("POLICY_MISSING");
      const subjectKey = await subjectKeyOf(scope, subject);
      const id = newId("era");
      const erasure = em.create(ErasureRow, { id, tenant, application, subjectKey, requestedBy: actor.id });
      await em.flush();
      for (const kind of ["consent", "process", "destinations", "dead-letters"] as const) {
        em.create(ErasurePartRow, { id: newId("erp"), tenant, erasure: id, kind, receipt: null });
      }
      await enqueue(em, { kind: "erasure", tenant, erasure: id });
      // the key, not the subject: the log outlives an erasure
      audit("erasure.requested", id, { application, subjectKey });
      return toErasure(erasure);
    });
  }
}
