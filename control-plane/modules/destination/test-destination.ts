import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import type { DestinationConfig } from "@o2mc/schema/deployment/deployment.ts";
import { destinationOf, type DestinationKind } from "@o2mc/schema/destinations/destinations.ts";
import { withoutSecrets } from "@o2mc/schema/options/without-secrets.ts";
import type { Context } from "../../api/context.ts";
import { find } from "../../api/find.ts";
import { invalid } from "../../api/input.ts";
import { withinDeadline } from "../../api/limits/deadline.ts";
import { change, type ChangeScope } from "../../api/scope.ts";
import { DestinationRow } from "../../db/entities/destination.ts";
import { secretContext } from "../../db/secret.ts";
import { checkOptions } from "./check-options.ts";
import { DestinationOptionsInput } from "./destination.input.ts";
import { DestinationTest, toDestinationTest } from "./destination-test.type.ts";

interface Asked {
  readonly kind: DestinationKind;
  readonly options: DestinationConfig["options"];
}

@Resolver()
export class TestDestination {
  @Mutation(() => DestinationTest, {
    description:
      "Goes to a destination as a delivery would, from where deliveries start, and says what is wrong: one that is stored, " +
      "or options that are not yet. A webhook gets a signed message of type `test` without rows.",
  })
  async testDestination(
    @Arg("destination", () => ID, { nullable: true }) id: string | null,
    @Arg("options", () => DestinationOptionsInput, { nullable: true }) input: object | null,
    @Ctx() context: Context,
  ): Promise<DestinationTest> {
    // on record before anything is done, and the database is not kept waiting for somebody else's server
    const { tenant, asked } = await change(context, "destination.write", async (scope) => {
      const stored = id == null ? null : await storedOptions(scope, id);
      if ((stored === null) === (input == null)) throw invalid("destination", "or options must be given, and not both");
      const found = stored ?? checkOptions(input ?? {});
      const shown = withoutSecrets(destinationOf(found.kind).options, found.options[found.kind]);
      scope.audit("destination.tested", id ?? "", { kind: found.kind, options: shown });
      return { tenant: scope.tenant, asked: found };
    });
    const { hub } = context.services;
    return toDestinationTest(await withinDeadline(context, hub.testDestination(tenant, asked.options)));
  }
}

async function storedOptions({ em, tenant, services }: ChangeScope, id: string): Promise<Asked> {
  const { kind, options } = await find(em, DestinationRow, "destination", id);
  const plain = services.secrets.open(options, secretContext.destination(tenant, id));
  return { kind, options: JSON.parse(plain) as DestinationConfig["options"] };
}
