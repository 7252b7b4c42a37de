import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { change } from "../../api/scope.ts";
import { storeForSubject } from "./store-consent.ts";

@Resolver()
export class WithdrawConsent {
  @Mutation(() => ID, {
    description: "Takes down a subject's withdrawal of all consent; it counts at once. Answers with the receipt's id.",
  })
  withdrawConsent(
    @Arg("application", () => ID) application: string,
    @Arg("subject", () => String) subject: string,
    @Ctx() context: Context,
  ): Promise<string> {
    return change(context, "consent.write", (scope) => storeForSubject(scope, application, subject, []));
  }
}
