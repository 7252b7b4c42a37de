import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeAccount, encodeOperator, encodeUser, fmtCreds } from "@nats-io/jwt";
import { createAccount, createOperator, createUser, type KeyPair } from "@nats-io/nkeys";

/** A nats-server of its own in operator mode, with JetStream, for one test file. */
export interface NatsOperator {
  readonly url: string;
  readonly directory: string;
  readonly operatorSeed: string;
  /** paths of creds files: a user of the system account, and one with every right in the platform account */
  readonly systemCreds: string;
  readonly platformCreds: string;
  /** Writes the creds file of another platform user; without permissions it may do everything there. */
  platformUser(name: string, permissions?: PlatformPermissions): Promise<string>;
  /** kill -9 */
  kill(): Promise<void>;
  /** Starts it again on the same port and folder. */
  start(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

interface PlatformPermissions {
  readonly pub: { readonly allow: string[] };
  readonly sub: { readonly allow: string[] };
}

const UNLIMITED = { subs: -1, data: -1, payload: -1 };
const ACCOUNT = { ...UNLIMITED, imports: -1, exports: -1, conn: -1, leaf: -1, wildcards: true };
const DISK = { mem_storage: 0, disk_storage: 1024 ** 3, streams: -1, consumer: -1 };

export async function startNatsOperator(): Promise<NatsOperator> {
  const directory = mkdtempSync(join(tmpdir(), "o2mc-nats-"));
  const operator = createOperator();
  const system = createAccount();
  const platform = createAccount();

  const creds = async (name: string, account: KeyPair, permissions?: PlatformPermissions): Promise<string> => {
    const user = createUser();
    const jwt = await encodeUser(name, user, account, { ...UNLIMITED, ...permissions });
    const path = join(directory, `${name}.creds`);
    writeFileSync(path, fmtCreds(jwt, user), { mode: 0o600 });
    return path;
  };

  const accountJwt = (name: string, account: KeyPair, limits: object): Promise<string> =>
    encodeAccount(name, account, { limits }, { signer: operator });
  const operatorJwt = await encodeOperator("o2mc-test", operator, { system_account: system.getPublicKey() });
  const config = `
listen: "127.0.0.1:-1"
server_name: test
jetstream { store_dir: "${directory}/jetstream", max_mem: 64MB, max_file: 1TB, sync_interval: always }
operator: "${operatorJwt}"
system_account: ${system.getPublicKey()}
resolver { type: full, dir: "${directory}/accounts", allow_delete: true, interval: "2m" }
resolver_preload {
  ${system.getPublicKey()}: "${await accountJwt("SYS", system, ACCOUNT)}"
  ${platform.getPublicKey()}: "${await accountJwt("PLATFORM", platform, { ...ACCOUNT, ...DISK })}"
}
`;
  writeFileSync(join(directory, "nats.conf"), config, { mode: 0o600 });

  const server = new Server(directory);
  await server.start();
  return {
    url: server.url,
    directory,
    operatorSeed: new TextDecoder().decode(operator.getSeed()),
    systemCreds: await creds("system", system),
    platformCreds: await creds("platform", platform),
    platformUser: (name, permissions) => creds(name, platform, permissions),
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
