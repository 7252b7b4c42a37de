import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { invalid } from "../../api/input.ts";
import { change } from "../../api/scope.ts";
import { storeForSubject } from "./store-consent.ts";

@Resolver()
export class GiveConsent {
  @Mutation(() => ID, {
    description: "Takes down consent under the policy in force, in a subject's name; answers with the receipt's id.",
  })
  giveConsent(
    @Arg("application", () => ID) application: string,
    @Arg("subject", () => String) subject: string,
    @Arg("purposes", () => [String]) purposes: string[],
    @Arg("wording", () => ID, { nullable: true, description: "the policy's text that the subject was shown or read" })
    wording: string | null,
    @Ctx() context: Context,
  ): Promise<string> {
    return change(context, "consent.write", async (scope) => {
      if (purposes.length === 0) throw invalid("purposes", "must not be empty; a withdrawal is withdrawConsent");
      return storeForSubject(scope, application, subject, [...new Set(purposes)], wording ?? undefined);
    });
  }
}
