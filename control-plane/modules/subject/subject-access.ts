import { Arg, Ctx, Field, Mutation, ObjectType, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { readOnRecord, type Scope } from "../../api/scope.ts";
import { ApplicationRow } from "../../db/entities/application.ts";
import { DeliveryRow } from "../../db/entities/delivery.ts";
import { DestinationRow } from "../../db/entities/destination.ts";
import { subjectKeyOf } from "./subject-key.ts";

@ObjectType({ description: "everything that is held about a subject and can be read from here (GDPR art. 15)" })
class SubjectAccess {
  @Field(() => String)
  name!: string;

  @Field(() => String, { description: "the whole file: JSON" })
  content!: string;
}

/** What the platform holds of a subject and this file cannot show; said in it, so that nobody takes it for all. */
const NOT_INCLUDED = [
  "state of sessions and windows that are not complete: kept in memory and in checkpoints of the process workers",
  "results on their way to destinations and subscribers: kept in the hub until each has them",
  "rows that destinations hold: with them, see destinations",
];

@Resolver()
export class SubjectAccessFile {
  @Mutation(() => SubjectAccess, {
    description:
      "By a privacy officer, on record: one file with the subject's consent, receipts and dead letters in every " +
      "application, the destinations that its results may have gone to, and what else there is.",
  })
  subjectAccess(@Arg("subject", () => String) subject: string, @Ctx() context: Context): Promise<SubjectAccess> {
    return readOnRecord(context, "subject.access", async (scope) => {
      const { em, tenant, services, audit } = scope;
      const subjectKey = await subjectKeyOf(scope, subject);
      const oldestFirst = { orderBy: { createdAt: "asc", id: "asc" } } as const;
      const applications = await em.find(ApplicationRow, {}, oldestFirst);
      const held = [];
      for (const { id, name } of applications) {
        const data = await services.hub.subjectData(tenant, id, subjectKey);
        held.push({ application: id, name, ...data, destinations: await destinationsOf(em, id) });
      }
      const file = {
        tenant,
        subject,
        subjectKey,
        at: new Date().toISOString(),
        applications: held,
        notIncluded: NOT_INCLUDED,
      };
      // the key, not the subject: the log outlives an erasure
      audit("subject.accessed", subjectKey);
      return { name: `subject-${subjectKey}.json`, content: `${JSON.stringify(file, null, 2)}\n` };
    });
  }
}

/** Each by name and kind: what they hold is under the customer's own control. */
async function destinationsOf(em: Scope["em"], application: string): Promise<readonly object[]> {
  const deliveries = await em.find(DeliveryRow, { application });
  const rows = await em.find(DestinationRow, { id: { $in: deliveries.map(({ destination }) => destination) } });
  return deliveries.flatMap(({ pipeline, output, destination }) => {
    const row = rows.find(({ id }) => id === destination);
    return row === undefined ? [] : [{ destination: row.name, kind: row.kind, pipeline, output }];
  });
}
