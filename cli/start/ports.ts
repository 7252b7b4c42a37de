import { randomInt } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { z } from "zod";
import { writePrivate } from "./data-folder.ts";
import { Failure } from "./failure.ts";

const NAMES = [
  "postgres",
  "nats",
  "issuer",
  "control-plane",
  // kept for who serves the console; its address stands in the issuer's list
  "console",
  "edge",
  "edge-health",
  "process",
  "deliver",
  "shop",
] as const;
export type PortName = (typeof NAMES)[number];
export type Ports = Readonly<Record<PortName, number>>;

/** Below the ports that systems give to outgoing connections, so that none is taken between the choice and its use. */
const LOWEST = 20_000;
const HIGHEST = 32_000;

/** The ports of an earlier start where they are still free, others where they are taken; kept in `file`. */
export async function rememberedPorts(file: string): Promise<Ports> {
  const earlier = read(file);
  const chosen: Partial<Record<PortName, number>> = {};
  const used = new Set<number>();
  for (const name of NAMES) {
    const before = earlier[name];
    const port = before !== undefined && !used.has(before) && (await isFree(before)) ? before : await choose(used);
    used.add(port);
    chosen[name] = port;
  }
  writePrivate(file, JSON.stringify(chosen, null, 2));
  return chosen as Ports;
}

function read(file: string): Partial<Record<PortName, number>> {
  if (!existsSync(file)) return {};
  const result = z.partialRecord(z.enum(NAMES), z.number()).safeParse(JSON.parse(readFileSync(file, "utf8")));
  return result.success ? (result.data as Partial<Record<PortName, number>>) : {};
}

async function choose(used: ReadonlySet<number>): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = randomInt(LOWEST, HIGHEST);
    if (!used.has(port) && (await isFree(port))) return port;
  }
  throw new Failure(`No free port between ${LOWEST} and ${HIGHEST} on 127.0.0.1.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const probe = createServer();
    probe.once("error", () => done(false));
    probe.listen({ port, host: "127.0.0.1", exclusive: true }, () => probe.close(() => done(true)));
  });
}
