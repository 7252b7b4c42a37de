import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { newId } from "../../api/ids.ts";
import { nameOf } from "../../api/input.ts";
import { change } from "../../api/scope.ts";
import { DestinationRow } from "../../db/entities/destination.ts";
import { enqueue } from "../../db/outbox.ts";
import { secretContext } from "../../db/secret.ts";
import { checkOptions } from "./check-options.ts";
import { DestinationOptionsInput } from "./destination.input.ts";
import { Destination, toDestination } from "./destination.type.ts";

@Resolver()
export class CreateDestination {
  @Mutation(() => Destination)
  createDestination(
    @Arg("name", () => String) name: string,
    @Arg("options", () => DestinationOptionsInput) input: object,
    @Ctx() context: Context,
  ): Promise<Destination> {
    return change(context, "destination.write", async ({ em, tenant, services, audit }) => {
      const { kind, options } = checkOptions(input);
      const id = newId("dst");
      const row = em.create(DestinationRow, {
        id,
        tenant,
        name: nameOf(name),
        kind,
        options: services.secrets.seal(JSON.stringify(options), secretContext.destination(tenant, id)),
      });
      await em.flush();
      await enqueue(em, { kind: "destination", tenant, destination: id, deleted: false });
      audit("destination.created", id, { name: row.name, kind });
      return toDestination(row, services.secrets);
    });
  }
}
