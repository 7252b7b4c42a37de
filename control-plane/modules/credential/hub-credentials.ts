import { Ctx, Query, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { withinDeadline } from "../../api/limits/deadline.ts";
import { read } from "../../api/scope.ts";
import { HubCredential, toHubCredential } from "./hub-credential.type.ts";

@Resolver()
export class HubCredentials {
  @Query(() => [HubCredential], {
    description: "the data plane's users in the tenant's hub, never what lets anyone in",
  })
  async hubCredentials(@Ctx() context: Context): Promise<HubCredential[]> {
    const tenant = await read(context, "credential.read", (scope) => Promise.resolve(scope.tenant));
    const issued = await withinDeadline(context, context.services.hub.credentials(tenant));
    return issued.map(toHubCredential);
  }
}
