import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAccount, createOperator, type KeyPair } from "@nats-io/nkeys";
import type { DataPlaneRole } from "@o2mc/schema/subjects.ts";
import { keyPair, newTenantAccount, signAccount } from "../../control-plane/hub/accounts.ts";
import { directoryClaims, directoryCreds, type Worker } from "../../control-plane/hub/worker.ts";
import { platformAccounts } from "../../control-plane/hub/platform-accounts.ts";

/** A nats-server of its own in operator mode, with JetStream, for one test file. */
export interface NatsOperator {
  readonly url: string;
  readonly directory: string;
  readonly operatorSeed: string;
  /** paths of creds files: a user of the system account, and one with every right in the platform account */
  readonly systemCreds: string;
  readonly platformCreds: string;
  /** one a role and of its name, for every tenant: its account is known here, its directory is the hub's to make (`serveWorker`) */
  readonly workers: readonly Worker[];
  /** of users that read these workers' directories */
  readonly directoryCreds: Readonly<Record<DataPlaneRole, string>>;
  /** kill -9 */
  kill(): Promise<void>;
  /** Starts it again on the same port and folder. */
  start(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/** `config` = lines for the server's configuration. */
export async function startNatsOperator(config = ""): Promise<NatsOperator> {
  const directory = mkdtempSync(join(tmpdir(), "o2mc-nats-"));
  const seed = (pair: KeyPair): string => new TextDecoder().decode(pair.getSeed());
  const operator = seed(createOperator());
  const platform = createAccount();
  const { operatorJwt, systemAccount, accounts, creds } = await platformAccounts({
    operator,
    system: seed(createAccount()),
    platform: seed(platform),
  });
  const credsFile = (name: string, text: string): string => {
    const path = join(directory, `${name}.creds`);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const worker = async (role: DataPlaneRole) => {
    const made: Worker = { name: role, role, scope: null, seed: newTenantAccount().seed, ended: false };
    const key = keyPair(made.seed);
    const claims = directoryClaims(made, platform.getPublicKey());
    const account = {
      publicKey: key.getPublicKey(),
      jwt: await signAccount(operator, `WORKER-${role}`, key, claims),
    };
    return { made, account, creds: credsFile(role, await directoryCreds(made)) };
  };
  const [edge, process, deliver] = [await worker("edge"), await worker("process"), await worker("deliver")];
  const known = [...accounts, edge.account, process.account, deliver.account];
  const text = `
listen: "127.0.0.1:-1"
server_name: test
jetstream { store_dir: "${directory}/jetstream", max_mem: 64MB, max_file: 1PB, sync_interval: always }
operator: "${operatorJwt}"
system_account: ${systemAccount}
resolver { type: full, dir: "${directory}/accounts", allow_delete: true, interval: "2m" }
resolver_preload {
${known.map(({ publicKey, jwt }) => `  ${publicKey}: "${jwt}"`).join("\n")}
}
${config}
`;
  writeFileSync(join(directory, "nats.conf"), text, { mode: 0o600 });

  const server = new Server(directory);
  await server.start();
  return {
    url: server.url,
    directory,
    operatorSeed: operator,
    systemCreds: credsFile("system", creds.system),
    platformCreds: credsFile("controlPlane", creds.controlPlane),
    workers: [edge.made, process.made, deliver.made],
    directoryCreds: { edge: edge.creds, process: process.creds, deliver: deliver.creds },
    kill: () => server.end("SIGKILL"),
    start: () => server.start(),
    stop: async () => {
      await server.end("SIGTERM");
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

class Server {
  url = "";
  readonly #directory: string;
  #child: ChildProcess | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Resolves once it listens. The first start takes any port, later ones the same. */
  async start(): Promise<void> {
    const binary = process.env["O2MC_NATS_SERVER"] ?? "nats-server";
    const port = this.url === "" ? [] : ["--port", new URL(this.url).port];
    const child = spawn(binary, ["-c", join(this.#directory, "nats.conf"), ...port], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#child = child;
    let log = "";
    await new Promise<void>((resolve, reject) => {
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        log += text;
        if (log.includes("Server is ready")) resolve();
      });
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`nats-server ended with ${code}:\n${log}`)));
    });
    const address = /Listening for client connections on ([\d.]+:\d+)/.exec(log)?.[1];
    if (address === undefined) throw new Error("nats-server names no address");
    this.url = `nats://${address}`;
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  }
}
