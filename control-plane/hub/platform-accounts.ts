import { encodeOperator, fmtCreds } from "@nats-io/jwt";
import { keyPair, ownerClaims, signAccount } from "./accounts.ts";
import { DIRECTORY_EXPORTS, type Permissions } from "./grants.ts";
import { issueUser } from "./users.ts";

/** reserved from nothing: each worker has a bucket that may get as large as `directory.ts` says */
const PLATFORM_DISK = 1024 ** 4;
const MAX_WORKERS = 4_096;
const SYSTEM_LIMITS = { subs: -1, data: -1, payload: -1, conn: -1, wildcards: true, leaf: 0, imports: 0, exports: 0 };

/** The control plane tells and asks about accounts, and nothing else. */
const SYSTEM_USER: Permissions = {
  pub: { allow: ["$SYS.REQ.CLAIMS.UPDATE", "$SYS.REQ.ACCOUNT.*.CLAIMS.LOOKUP"] },
  sub: { allow: ["_INBOX.>"] },
};

export interface PlatformSeeds {
  readonly operator: string;
  readonly system: string;
  readonly platform: string;
}

/** What a server is told before it knows any tenant, and the texts of its clients' creds files. */
export interface PlatformAccounts {
  readonly operatorJwt: string;
  readonly systemAccount: string;
  readonly accounts: readonly { readonly publicKey: string; readonly jwt: string }[];
  readonly creds: Readonly<Record<"system" | "controlPlane", string>>;
}

/** The same seeds give the same accounts; users are new each time. */
export async function platformAccounts(seeds: PlatformSeeds): Promise<PlatformAccounts> {
  const system = keyPair(seeds.system);
  const platform = keyPair(seeds.platform);
  const account = async (name: string, key: typeof system, claims: object) => ({
    publicKey: key.getPublicKey(),
    jwt: await signAccount(seeds.operator, name, key, claims),
  });
  const creds = async (name: string, key: typeof system, permissions?: Permissions): Promise<string> => {
    const { jwt, seed } = await issueUser(name, key, permissions === undefined ? {} : { permissions });
    return new TextDecoder().decode(fmtCreds(jwt, keyPair(seed)));
  };
  return {
    operatorJwt: await encodeOperator("o2mc", keyPair(seeds.operator), { system_account: system.getPublicKey() }),
    systemAccount: system.getPublicKey(),
    accounts: [
      await account("SYS", system, { limits: SYSTEM_LIMITS }),
      await account("PLATFORM", platform, ownerClaims(DIRECTORY_EXPORTS, PLATFORM_DISK, MAX_WORKERS + 1)),
    ],
    creds: {
      system: await creds("system", system, SYSTEM_USER),
      controlPlane: await creds("control-plane", platform),
    },
  };
}
