import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";

const VERSION = "26.7.3";
const SHA256 = "27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f";
const MAVEN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy";
const DOWNLOAD_MS = 240_000;
const BUILD_MS = 180_000;

const run = promisify(execFile);

/**
 * A built Keycloak: `O2MC_TEST_KEYCLOAK`, else the one in the cache, else had from Maven's repository into it (177 MB, once).
 * The sentence that says what is missing where there is none: these tests are for machines with Java and Maven.
 */
export async function findKeycloak(): Promise<{ readonly home: string } | { readonly missing: string }> {
  const given = process.env["O2MC_TEST_KEYCLOAK"];
  if (given !== undefined && existsSync(join(given, "bin/kc.sh"))) return { home: given };
  const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "o2mc");
  const home = join(cache, `keycloak-${VERSION}`);
  if (!(await answers("java", "-version"))) return { missing: "there is no Java" };
  if (existsSync(home)) return { home };
  if (!(await answers("mvn", "--version"))) return { missing: "there is no Maven to get Keycloak with" };
  if (!(await answers("unzip", "-v"))) return { missing: "there is no unzip" };
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "keycloak-"));
  try {
    const artifact = `-Dartifact=org.keycloak:keycloak-quarkus-dist:${VERSION}:zip`;
    await run("mvn", ["-B", "-q", MAVEN, artifact, `-DoutputDirectory=${folder}`], { timeout: DOWNLOAD_MS });
    const archive = join(folder, `keycloak-quarkus-dist-${VERSION}.zip`);
    if ((await sha256(archive)) !== SHA256) return { missing: `${archive} is not the Keycloak that was expected` };
    await run("unzip", ["-q", archive, "-d", folder]);
    const unpacked = join(folder, `keycloak-${VERSION}`);
    await run("sh", [join(unpacked, "bin/kc.sh"), "build", "--db=dev-mem", "--health-enabled=true"], {
      timeout: BUILD_MS,
    });
    renameSync(unpacked, home);
    return { home };
  } catch (error) {
    return { missing: `Keycloak can't be had here (${error instanceof Error ? error.message.split("\n")[0] : "?"})` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const answers = (command: string, ...args: string[]): Promise<boolean> =>
  run(command, args, { timeout: 60_000 }).then(
    () => true,
    () => false,
  );

async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}
