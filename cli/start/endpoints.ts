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

/** What a user who has just started it wants to know: where it is, who may log in, what to do first. */
export function summary(endpoints: Endpoints, file: string, logFolder: string): string {
  const { warehouse, users } = endpoints;
  const addresses = [
    ["Demo shop", endpoints.shop],
    ["Live page", `${endpoints.shop}/live`],
    ["GraphQL", endpoints.graphql],
    ["Subscriptions", endpoints.subscriptions],
    ["Edge", endpoints.edge],
    ["Issuer", endpoints.issuer],
    ["Warehouse", `postgresql://${warehouse.user}@${warehouse.host}:${warehouse.port}/${warehouse.database}`],
    ["Files", endpoints.out],
    ["Logs", logFolder],
    ["For scripts", `${file} (with every password)`],
  ];
  const people = users.map(({ email, password, roles, tenant }) => [
    email,
    password,
    `${roles.join(", ")} of ${tenant}`,
  ]);
  return [
    "",
    table(addresses),
    "",
    "  Log-ins:",
    table(people),
    "",
    "  First: open the shop and the live page side by side, and answer the banner in the shop.",
    "  Then:  npx o2mc send access.log --format combined",
    "  Ctrl-C stops everything; the data stays for the next start.",
    "",
  ].join("\n");
}
