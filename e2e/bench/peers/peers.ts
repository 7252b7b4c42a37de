import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Peer } from "./peer.ts";

const run = promisify(execFile);
const HERE = import.meta.dirname;
const CACHE = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "o2mc", "peers");
const DUCKDB = "1.5.6";

/** Whether a tool is there, asked by its own word for its version. */
const has = (tool: string, word: string): Promise<boolean> =>
  run(tool, [word]).then(
    () => true,
    () => false,
  );

const script = (name: string, ...args: string[]): string[] => [process.execPath, join(HERE, name), ...args];

export const OURS = "ours, edge and process";
export const YARDSTICK = "JSON.parse alone";

export const PEERS: readonly Peer[] = [
  {
    name: OURS,
    pipelines: ["P", "S"],
    prepare: () => Promise.resolve((pipeline, from, to) => ({ argv: script("ours.ts", pipeline, from, to) })),
  },
  {
    name: YARDSTICK,
    pipelines: ["P", "S"],
    prepare: () => Promise.resolve((_, from) => ({ argv: script("json-parse.ts", from) })),
  },
  {
    name: "hand-written JavaScript",
    pipelines: ["P"],
    prepare: () => Promise.resolve((_, from, to) => ({ argv: script("hand-written.ts", from, to) })),
  },
  {
    name: "VRL 0.38.0 (Vector)",
    pipelines: ["P"],
    prepare: async () => {
      if (!(await has("cargo", "--version"))) return "no cargo";
      const folder = join(HERE, "vrl");
      await run("cargo", ["build", "--release", "--locked"], {
        cwd: folder,
        env: { ...process.env, CARGO_TARGET_DIR: CACHE },
      });
      return (_, from, to) => ({
        argv: [join(CACHE, "release", "vrl-peer"), join(folder, "p.vrl")],
        stdin: from,
        stdout: to,
      });
    },
  },
  {
    name: "Benthos 4.60.0 (Redpanda Connect)",
    pipelines: ["P"],
    prepare: async () => {
      if (!(await has("go", "version"))) return "no Go";
      const folder = join(HERE, "benthos");
      const binary = join(CACHE, "benthos");
      await run("go", ["build", "-o", binary, "."], { cwd: folder });
      return (_, from, to) => ({
        argv: [binary, "-c", join(folder, "p.yaml")],
        env: { IN: from, OUT: to, GOMAXPROCS: "1" },
      });
    },
  },
  {
    name: `DuckDB ${DUCKDB} (a batch)`,
    pipelines: ["P", "S"],
    prepare: async () => {
      const home = join(CACHE, `duckdb-${DUCKDB}`);
      const python = join(home, "bin", "python");
      if (!existsSync(python)) {
        if (!(await has("python3", "--version"))) return "no Python";
        await run("python3", ["-m", "venv", home]);
      }
      await run(python, ["-m", "pip", "install", "--quiet", `duckdb==${DUCKDB}`]);
      return (pipeline, from, to) => ({ argv: [python, join(HERE, "duckdb", "run.py"), pipeline, from, to] });
    },
  },
];

await mkdir(CACHE, { recursive: true });
