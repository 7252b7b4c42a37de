import { encodeAccount, encodeOperator, encodeUser, fmtCreds } from "@nats-io/jwt";
import { createAccount, createOperator, createUser, fromSeed, type KeyPair } from "@nats-io/nkeys";
import { z } from "zod";
import type { DataPlaneRole } from "@o2mc/schema/subjects.ts";
import { directoryPermissions, type Permissions } from "../../../control-plane/hub/permissions.ts";
import { keepPrivate, writePrivate, type DataFolder } from "../data-folder.ts";

const UNLIMITED = { subs: -1, data: -1, payload: -1 };
const ACCOUNT = { ...UNLIMITED, imports: 0, exports: 0, conn: -1, leaf: 0, wildcards: true };
/** for the directory buckets; tenants have their own accounts */
const PLATFORM_DISK = { mem_storage: 0, disk_storage: 1024 ** 3, streams: -1, consumer: -1 };

const Seeds = z.object({ operator: z.string(), system: z.string(), platform: z.string() });

/** What nats-server is told, and paths of what its clients need. */
export interface NatsKeys {
  readonly operatorJwt: string;
  readonly accounts: readonly { readonly publicKey: string; readonly jwt: string }[];
  readonly systemAccount: string;
  readonly operatorSeedFile: string;
  readonly systemCreds: string;
  readonly controlPlaneCreds: string;
  readonly roleCreds: Readonly<Record<DataPlaneRole, string>>;
}

/** The seeds are made once; JWTs and creds files are written at every start, since what they allow may change. */
export async function natsKeys(data: DataFolder): Promise<NatsKeys> {
  data.folder("nats");
  const text = keepPrivate(data.file("nats", "seeds.json"), newSeeds);
  const seeds = Seeds.parse(JSON.parse(text));
  const operator = pair(seeds.operator);
  const system = pair(seeds.system);
  const platform = pair(seeds.platform);
  const operatorSeedFile = data.file("nats", "operator.seed");
  writePrivate(operatorSeedFile, seeds.operator);
  const creds = async (name: string, account: KeyPair, permissions?: Permissions): Promise<string> => {
    const user = createUser();
    const jwt = await encodeUser(name, user, account, { ...UNLIMITED, ...permissions });
    const file = data.file("nats", `${name}.creds`);
    writePrivate(file, fmtCreds(jwt, user));
    return file;
  };
  const account = async (name: string, key: KeyPair, limits: object) => ({
    publicKey: key.getPublicKey(),
    jwt: await encodeAccount(name, key, { limits: { ...ACCOUNT, ...limits } }, { signer: operator }),
  });
  return {
    operatorJwt: await encodeOperator("o2mc", operator, { system_account: system.getPublicKey() }),
    accounts: [await account("SYS", system, {}), await account("PLATFORM", platform, PLATFORM_DISK)],
    systemAccount: system.getPublicKey(),
    operatorSeedFile,
    systemCreds: await creds("system", system),
    controlPlaneCreds: await creds("control-plane", platform),
    roleCreds: {
      edge: await creds("edge", platform, directoryPermissions("edge")),
      process: await creds("process", platform, directoryPermissions("process")),
      deliver: await creds("deliver", platform, directoryPermissions("deliver")),
    },
  };
}

const pair = (seed: string): KeyPair => fromSeed(new TextEncoder().encode(seed));

function newSeeds(): string {
  const seed = (key: KeyPair): string => new TextDecoder().decode(key.getSeed());
  return JSON.stringify({
    operator: seed(createOperator()),
    system: seed(createAccount()),
    platform: seed(createAccount()),
  });
}
