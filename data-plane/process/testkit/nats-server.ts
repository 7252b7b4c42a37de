import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface PlainServer {
  readonly url: string;
  /** kill -9 */
  kill(): Promise<void>;
  /** Starts it again on the same port and folder. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** A nats-server with JetStream and without accounts. */
export async function startPlainServer(binary = "nats-server"): Promise<PlainServer> {
  const directory = mkdtempSync(join(tmpdir(), "o2mc-process-"));
  let server = await run(binary, directory, "-1");
  const { nats } = JSON.parse(readFileSync(portsFile(directory) ?? "", "utf8")) as { nats: string[] };
  const url = nats[0] ?? "";
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    server.kill(signal);
    await once(server, "exit");
  };
  return {
    url,
    kill: () => end("SIGKILL"),
    start: async () => {
      rmSync(portsFile(directory) ?? "", { force: true });
      server = await run(binary, directory, new URL(url).port);
    },
    stop: async () => {
      await end("SIGTERM");
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function run(binary: string, directory: string, port: string): Promise<ChildProcess> {
  const args = ["-a", "127.0.0.1", "-p", port, "-js", "-sd", directory, "--ports_file_dir", directory];
  const server = spawn(binary, args, { stdio: "ignore" });
  let failure: Error | undefined;
  server.once("error", (error) => (failure = error));
  while (portsFile(directory) === undefined) {
    if (failure !== undefined) throw failure;
    if (server.exitCode !== null) throw new Error(`nats-server ended with ${server.exitCode}`);
    await sleep(20);
  }
  return server;
}

/** The file that the server writes once it listens; undefined until it is whole. */
function portsFile(directory: string): string | undefined {
  const name = readdirSync(directory).find((entry) => entry.endsWith(".ports"));
  if (name === undefined || !readFileSync(join(directory, name), "utf8").trimEnd().endsWith("}")) return undefined;
  return join(directory, name);
}
