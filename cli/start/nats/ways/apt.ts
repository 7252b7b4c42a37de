import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { answers, run } from "./run.ts";
import type { Way } from "./way.ts";

const TIMEOUT_MS = 2 * 60_000;
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
const DEFAULT_MIRROR = "http://deb.debian.org/debian";

/** Debian's unstable package: static, so that it runs on older releases. Nothing is installed; root is not needed. */
export const apt: Way = {
  name: "Debian's package",
  unusable: async (env) => {
    if (process.platform !== "linux" || !(await answers("apt-get", ["--version"], env))) return "there is no apt-get";
    return existsSync(KEYRING) ? undefined : `Debian's keys (${KEYRING}) are missing`;
  },
  fetch: async (work, env, signal) => {
    for (const folder of ["lists/partial", "archives/partial"]) mkdirSync(join(work, folder), { recursive: true });
    writeFileSync(join(work, "status"), "");
    writeFileSync(join(work, "sources.list"), `deb [signed-by=${KEYRING}] ${mirror()} sid main\n`);
    const own: Readonly<Record<string, string>> = {
      "Dir::Etc::SourceList": join(work, "sources.list"),
      "Dir::Etc::SourceParts": "/dev/null",
      "Dir::State": work,
      "Dir::State::Lists": join(work, "lists"),
      "Dir::State::Status": join(work, "status"),
      "Dir::Cache": work,
      "Dir::Cache::Archives": join(work, "archives"),
      "APT::Sandbox::User": process.getuid?.() === 0 ? "root" : "",
      "Acquire::Languages": "none",
      "APT::Update::Error-Mode": "any",
    };
    const options = Object.entries(own).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
    const limits = { cwd: work, env, timeoutMs: TIMEOUT_MS, signal };
    await run("apt-get", [...options, "-q", "update"], limits);
    await run("apt-get", [...options, "-q", "download", "nats-server"], limits);
    const file = readdirSync(work).find((name) => name.endsWith(".deb"));
    if (file === undefined) throw new Error("apt-get brought no package");
    await run("dpkg", ["-x", file, "unpacked"], limits);
    return join(work, "unpacked/usr/sbin/nats-server");
  },
};

/** This machine's own mirror of Debian, when its sources name one. */
function mirror(): string {
  const folder = "/etc/apt/sources.list.d";
  const parts = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  for (const file of ["/etc/apt/sources.list", ...parts].filter(existsSync)) {
    const found = /^(?:deb\s+(?:\[[^\]]*\]\s+)?|URIs:\s+)(https?:\/\/\S+\/debian)\/?(?:\s|$)/m.exec(
      readFileSync(file, "utf8"),
    );
    if (found?.[1] !== undefined) return found[1];
  }
  return DEFAULT_MIRROR;
}
