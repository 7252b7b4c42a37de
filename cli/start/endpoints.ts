import { table } from "./console.ts";
import type { Addresses } from "./addresses.ts";
import type { StartContext } from "./context.ts";
import type { Demo } from "./demo/set-up.ts";

interface Endpoints extends Addresses {
  readonly users: readonly { email: string; password: string; roles: readonly string[]; tenant: string }[];
  /** for client credentials */
  readonly programs: StartContext["realm"]["programs"];
  readonly demo: Demo;
  readonly warehouse: { host: string; port: number; database: string; user: string; password: string };
  readonly out: string;
}

/** What scripts need to know of a running platform: the content of `endpoints.json`. */
export function endpointsOf({ addresses, realm, ports, secrets, data }: StartContext, demo: Demo): Endpoints {
  return {
    ...addresses,
    users: realm.users.map(({ email, password, roles, tenant }) => ({ email, password, roles, tenant })),
    programs: realm.programs,
    demo,
    warehouse: {
      host: "127.0.0.1",
      port: ports.postgres,
      database: "warehouse",
      user: "warehouse",
      password: secrets.warehouse,
    },
    out: data.file("out"),
  };
}

/** The table of addresses and log-ins. */
export function summary(endpoints: Endpoints, file: string): string {
  const { warehouse, users } = endpoints;
  const addresses = [
    ["demo shop", endpoints.shop],
    ["live page", `${endpoints.shop}/live`],
    ["GraphQL", endpoints.graphql],
    ["subscriptions", endpoints.subscriptions],
    ["edge", endpoints.edge],
    ["issuer", endpoints.issuer],
    ["warehouse", `postgresql://${warehouse.user}@${warehouse.host}:${warehouse.port}/${warehouse.database}`],
    ["files", endpoints.out],
  ];
  const people = users.map(({ email, password, roles, tenant }) => [
    email,
    password,
    `${roles.join(", ")} of ${tenant}`,
  ]);
  return ["", table(addresses), "", table(people), "", `  For scripts: ${file}`, ""].join("\n");
}
