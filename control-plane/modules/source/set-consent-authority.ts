import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { find } from "../../api/find.ts";
import { invalid } from "../../api/input.ts";
import { change } from "../../api/scope.ts";
import { SourceRow } from "../../db/entities/source.ts";
import { enqueue } from "../../db/outbox.ts";
import { Source, toSource } from "./source.type.ts";

@Resolver()
export class SetConsentAuthority {
  @Mutation(() => Source, {
    description:
      "Whether a source is an authority on consent: a claim of its events that is newer than what is stored of their " +
      "subject takes its place, with a receipt. Claims of all other sources only ever narrow what is stored.",
  })
  setConsentAuthority(
    @Arg("source", () => ID) id: string,
    @Arg("authority", () => Boolean) authority: boolean,
    @Ctx() context: Context,
  ): Promise<Source> {
    return change(context, "source.grant", async ({ em, tenant, audit }) => {
      const source = await find(em, SourceRow, "source", id);
      // whoever reads a page has a web source's key, and could give consent for anybody
      if (authority && source.kind !== "rest") throw invalid("source", "must be a REST source, whose key is secret");
      if (authority && source.consentMode !== "subject") {
        throw invalid("source", "must be one whose events carry their subjects' own consent");
      }
      source.consentAuthority = authority;
      audit(authority ? "source.consent-authority-given" : "source.consent-authority-taken", id);
      await enqueue(em, { kind: "deployment", tenant, application: source.application });
      return toSource(source);
    });
  }
}
