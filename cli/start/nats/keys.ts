import { createAccount, createOperator, type KeyPair } from "@nats-io/nkeys";
import { z } from "zod";
import { platformAccounts } from "../../../control-plane/hub/platform-accounts.ts";
import { keepPrivate, writePrivate, type DataFolder } from "../data-folder.ts";

const Seeds = z.object({ operator: z.string(), system: z.string(), platform: z.string() });

/** What nats-server is told, and paths of what its clients need. */
export interface NatsKeys {
  readonly operatorJwt: string;
  readonly accounts: readonly { readonly publicKey: string; readonly jwt: string }[];
  readonly systemAccount: string;
  readonly operatorSeedFile: string;
  readonly systemCreds: string;
  readonly controlPlaneCreds: string;
}

/** The seeds are made once; JWTs and creds files are written at every start, since what they allow may change. */
export async function natsKeys(data: DataFolder): Promise<NatsKeys> {
  data.folder("nats");
  const text = keepPrivate(data.file("nats", "seeds.json"), newSeeds);
  const seeds = Seeds.parse(JSON.parse(text));
  const operatorSeedFile = data.file("nats", "operator.seed");
  writePrivate(operatorSeedFile, seeds.operator);
  const { operatorJwt, systemAccount, accounts, creds } = await platformAccounts(seeds);
  const kept = (name: string, text: string): string => {
    const file = data.file("nats", `${name}.creds`);
    writePrivate(file, text);
    return file;
  };
  return {
    operatorJwt,
    accounts,
    systemAccount,
    operatorSeedFile,
    systemCreds: kept("system", creds.system),
    controlPlaneCreds: kept("control-plane", creds.controlPlane),
  };
}

function newSeeds(): string {
  const seed = (key: KeyPair): string => new TextDecoder().decode(key.getSeed());
  return JSON.stringify({
    operator: seed(createOperator()),
    system: seed(createAccount()),
    platform: seed(createAccount()),
  });
}
