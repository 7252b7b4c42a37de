import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { WANTED } from "../version.ts";
import { run } from "./run.ts";
import type { Way } from "./way.ts";

const TIMEOUT_MS = 2 * 60_000;
const RELEASE = `https://github.com/nats-io/nats-server/releases/download/v${WANTED}`;

export const releasePage: Way = {
  name: "the project's release page",
  unusable: () => Promise.resolve(undefined),
  fetch: async (work, env, signal) => {
    const arch = process.arch === "x64" ? "amd64" : process.arch;
    const name = `nats-server-v${WANTED}-${process.platform}-${arch}`;
    const sums = (await download(`${RELEASE}/SHA256SUMS`, signal)).toString("utf8");
    const wanted = sums
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .find(([, file]) => file?.replace(/^\*/, "") === `${name}.tar.gz`)?.[0];
    if (wanted === undefined) throw new Error(`SHA256SUMS does not name ${name}.tar.gz`);
    const archive = await download(`${RELEASE}/${name}.tar.gz`, signal);
    const sum = createHash("sha256").update(archive).digest("hex");
    if (sum !== wanted) throw new Error(`${name}.tar.gz has the sha256 ${sum}, published is ${wanted}`);
    writeFileSync(join(work, "release.tar.gz"), archive);
    await run("tar", ["-xzf", "release.tar.gz"], { cwd: work, env, timeoutMs: TIMEOUT_MS, signal });
    return join(work, name, "nats-server");
  },
};

async function download(url: string, signal: AbortSignal): Promise<Buffer> {
  const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}
