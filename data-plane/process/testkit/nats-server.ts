import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

interface PlainServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** A nats-server with JetStream and without accounts. */
export async function startPlainServer(binary = "nats-server"): Promise<PlainServer> {
  const directory = mkdtempSync(join(tmpdir(), "o2mc-process-"));
  const server = spawn(
    binary,
    ["-a", "127.0.0.1", "-p", "-1", "-js", "-sd", directory, "--ports_file_dir", directory],
    { stdio: "ignore" },
  );
  const failed = once(server, "error").then(([error]) => Promise.reject(error as Error));
  failed.catch(() => undefined);
  const file = await Promise.race([portsFile(directory), failed]);
  const { nats } = JSON.parse(readFileSync(file, "utf8")) as { nats: string[] };
  return {
    url: nats[0] ?? "",
    stop: async () => {
      if (server.exitCode === null) {
        server.kill("SIGTERM");
        await once(server, "exit");
      }
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function portsFile(directory: string): Promise<string> {
  for (;;) {
    const name = readdirSync(directory).find((entry) => entry.endsWith(".ports"));
    if (name !== undefined && readFileSync(join(directory, name), "utf8").trimEnd().endsWith("}")) {
      return join(directory, name);
    }
    await sleep(20);
  }
}
