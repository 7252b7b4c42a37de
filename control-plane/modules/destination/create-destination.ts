import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { newId } from "../../api/ids.ts";
import { invalid, nameOf } from "../../api/input.ts";
import { change } from "../../api/scope.ts";
import { DestinationRow } from "../../db/entities/destination.ts";
import { enqueue } from "../../db/outbox.ts";
import { secretContext } from "../../db/secret.ts";
import { checkOptions } from "./check-options.ts";
import { checkPlace } from "./check-place.ts";
import { DestinationOptionsInput } from "./destination.input.ts";
import { Destination, toDestination } from "./destination.type.ts";

@Resolver()
export class CreateDestination {
  @Mutation(() => Destination)
  createDestination(
    @Arg("name", () => String) name: string,
    @Arg("options", () => DestinationOptionsInput) input: object,
    @Arg("purposes", () => [String], {
      nullable: true,
      description: "what it uses data for: it gets no column that one of them may not see; else the pipeline's own",
    })
    purposes: string[] | null,
    @Ctx() context: Context,
  ): Promise<Destination> {
    return change(context, "destination.write", async ({ em, tenant, services, audit }) => {
      const { kind, options } = checkOptions(input);
      checkPlace({ kind, options }, services.outgoing, tenant);
      if (purposes?.length === 0) throw invalid("purposes", "must not be empty");
      const id = newId("dst");
      const row = em.create(DestinationRow, {
        id,
        tenant,
        name: nameOf(name),
        kind,
        purposes: purposes === null ? null : [...new Set(purposes)].sort(),
        options: services.secrets.seal(JSON.stringify(options), secretContext.destination(tenant, id)),
      });
      await em.flush();
      await enqueue(em, { kind: "destination", tenant, destination: id, deleted: false });
      audit("destination.created", id, { name: row.name, kind });
      return toDestination(row, services.secrets);
    });
  }
}
