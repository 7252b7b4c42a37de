import { join } from "node:path";
import { controlPlaneEnvFile, DECORATORS } from "../workers/run.ts";
import type { StartContext } from "./context.ts";
import { writePrivate } from "./data-folder.ts";
import { enrolOwnWorkers, workerCreds } from "./enrol-workers.ts";
import { findGeoip } from "./geoip.ts";
import type { PortName } from "./ports.ts";
import { httpReady } from "./process/ready.ts";

const HOST = "127.0.0.1";

type NodeProcess = Exclude<PortName, "postgres" | "nats" | "console">;

export const startIssuer = (context: StartContext): Promise<void> =>
  startNode(context, "issuer", "cli/issuer/main.ts", {
    O2MC_REALM_FILE: context.realmFile,
    O2MC_CONTROL_PLANE_URL: new URL(context.addresses.graphql).origin,
    O2MC_CONSOLE_URL: context.addresses.console,
  });

export function startControlPlane(context: StartContext): Promise<void> {
  const { ports, secrets, keys, addresses, environment } = context;
  const database = (role: string, password: string): string =>
    `postgresql://${role}:${password}@${HOST}:${ports.postgres}/o2mc`;
  const credentialSeconds = environment["O2MC_CREDENTIAL_SECONDS"];
  const env = {
    O2MC_MODE: "development",
    O2MC_DATABASE_URL: database("o2mc_app", secrets.databaseApp),
    O2MC_DATABASE_OWNER_URL: database("o2mc_owner", secrets.databaseOwner),
    O2MC_SECRET_KEY_FILE: secrets.secretKeyFile,
    O2MC_SIGNING_KEY_FILE: secrets.signingKeyFile,
    O2MC_SEAL_PUBLIC_KEY: secrets.sealPublicKey,
    O2MC_NATS_URL: natsUrl(context),
    O2MC_NATS_CREDS: keys.controlPlaneCreds,
    O2MC_SYSTEM_CREDS: keys.systemCreds,
    O2MC_OPERATOR_SEED_FILE: keys.operatorSeedFile,
    ...(credentialSeconds === undefined ? {} : { O2MC_CREDENTIAL_SECONDS: credentialSeconds }),
    O2MC_OIDC_ISSUER: addresses.issuer,
    O2MC_OIDC_AUDIENCE: "o2mc-api",
    ...outgoing(context),
  };
  // with it `o2mc workers` asks the same database
  writePrivate(controlPlaneEnvFile(context.data), JSON.stringify(env));
  return startNode(context, "control-plane", "control-plane/bin/control-plane.ts", env, DECORATORS);
}

export async function startDataPlane(context: StartContext): Promise<void> {
  await enrolOwnWorkers(context.data);
  const { addresses, environment, data, repository, secrets } = context;
  const geoip = findGeoip(environment, data, repository);
  const extra = {
    edge: { O2MC_PUBLIC_URL: addresses.edge, O2MC_HEALTH_PORT: String(context.ports["edge-health"]) },
    process: geoip === undefined ? {} : { O2MC_GEOIP_DB: geoip },
    deliver: { O2MC_SEAL_SEED_FILES: secrets.sealSeedFile, ...outgoing(context) },
  };
  await Promise.all(
    (["edge", "process", "deliver"] as const).map((role) =>
      startNode(context, role, `data-plane/bin/${role}.ts`, {
        O2MC_NATS_URL: natsUrl(context),
        O2MC_NATS_CREDS: workerCreds(data, role),
        ...extra[role],
      }),
    ),
  );
}

/**
 * Where results may go beside the public internet: to the shop's receiver, the demo's own database and its folder, and to
 * what the operator opens beside these; never to the platform's own services.
 */
function outgoing({ ports, data, environment }: StartContext): Record<string, string> {
  const list = (own: readonly string[], name: string): string =>
    [...own, ...[environment[name] ?? ""].filter((text) => text !== "")].join(",");
  const onPort = (port: number): string => `${HOST}/32:${port}`;
  const { shop, postgres, ...closed } = ports;
  return {
    O2MC_ALLOW_PRIVATE_NETWORKS: list([shop, postgres].map(onPort), "O2MC_ALLOW_PRIVATE_NETWORKS"),
    O2MC_DENY_NETWORKS: list(Object.values(closed).map(onPort), "O2MC_DENY_NETWORKS"),
    O2MC_FILE_ROOTS: list([data.folder("out")], "O2MC_FILE_ROOTS"),
  };
}

export function startShop(context: StartContext, endpointsFile: string): Promise<void> {
  const { addresses, realm, secrets } = context;
  const analyst = realm.users.find(({ email }) => email === "analyst@demo.example");
  return startNode(context, "shop", "e2e/shop/main.ts", {
    O2MC_EDGE_URL: addresses.edge,
    O2MC_GRAPHQL_URL: addresses.graphql,
    O2MC_SUBSCRIPTIONS_URL: addresses.subscriptions,
    O2MC_ISSUER_URL: addresses.issuer,
    O2MC_SHOP_USER: analyst?.email ?? "",
    O2MC_SHOP_PASSWORD: analyst?.password ?? "",
    O2MC_HOOK_SECRET: secrets.hook,
    O2MC_ENDPOINTS_FILE: endpointsFile,
  });
}

const natsUrl = ({ ports }: StartContext): string => `nats://${HOST}:${ports.nats}`;

function startNode(
  { repository, logFolder, ports, supervisor, watch, environment }: StartContext,
  name: NodeProcess,
  main: string,
  env: Readonly<Record<string, string>>,
  flags: readonly string[] = [],
): Promise<void> {
  const port = ports[name];
  const watching = watch ? ["--watch", "--watch-preserve-output"] : [];
  const level = environment["O2MC_LOG_LEVEL"];
  return supervisor.start({
    name,
    command: process.execPath,
    args: [...watching, ...flags, join(repository, main)],
    cwd: repository,
    env: {
      O2MC_HOST: HOST,
      O2MC_PORT: String(port),
      ...(level === undefined ? {} : { O2MC_LOG_LEVEL: level }),
      ...env,
    },
    logFile: join(logFolder, `${name}.log`),
    isReady: () => httpReady(port),
  });
}
