#!/usr/bin/env node
// Plain JavaScript that any Node from 18 on can read: it only sees to it that the rest runs on Node 24.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const MAJOR = 24;

if (process.platform === "win32") {
  console.error("o2mc runs on Linux and macOS; on Windows use WSL (https://learn.microsoft.com/windows/wsl).");
  process.exit(1);
}

if (Number(process.versions.node.split(".")[0]) >= MAJOR) {
  await import("./main.ts");
} else {
  const node = join(dirname(fileURLToPath(import.meta.url)), "../../node_modules/.bin/node");
  if (!existsSync(node)) {
    // the registry has no recent Node for Apple silicon
    const help = process.platform === "darwin" && process.arch === "arm64" ? "" : "run `npm ci`, or ";
    console.error(`o2mc needs Node ${MAJOR}, and this is ${process.version}: ${help}install Node ${MAJOR}.`);
    process.exit(1);
  }
  // The channel tells the other process when this one is killed; O2MC_WRAPPED tells it that there is one.
  const child = spawn(node, process.argv.slice(1), {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: { ...process.env, O2MC_WRAPPED: "1" },
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    console.error(`${node} does not start: ${error.message}`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
}
