import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Places } from "@o2mc/cli/issuer/clients.ts";
import { freePort } from "./development-issuer.ts";
import { type IssuerUnderTest, PROGRAM } from "./issuer-under-test.ts";
import { testRealm } from "./keycloak-realm.ts";

const START_MS = 240_000;
const ADMIN = "admin";

/** A real Keycloak with our realm in it, in a folder of its own; small, as in STACK.md. */
export async function startKeycloak(home: string, places: Places): Promise<IssuerUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), "o2mc-keycloak-"));
  for (const part of ["bin", "conf"]) cpSync(join(home, part), join(folder, part), { recursive: true });
  for (const part of ["lib", "providers", "themes"]) symlinkSync(join(home, part), join(folder, part));
  const { realm, users, secret } = testRealm();
  mkdirSync(join(folder, "data/import"), { recursive: true });
  writeFileSync(join(folder, "data/import/o2mc-realm.json"), JSON.stringify(realm));
  const [port, management] = [await freePort(), await freePort()];
  const password = randomBytes(12).toString("base64url");
  const log = join(folder, "keycloak.log");
  const server = spawn("sh", [join(folder, "bin/kc.sh"), ...startArguments(port, management)], {
    env: {
      ...process.env,
      O2MC_CONTROL_PLANE_URL: places.controlPlane,
      O2MC_CONSOLE_URL: places.console,
      KC_BOOTSTRAP_ADMIN_USERNAME: ADMIN,
      KC_BOOTSTRAP_ADMIN_PASSWORD: password,
      JAVA_OPTS_KC_HEAP: "-Xms64m -Xmx192m",
      JAVA_OPTS_APPEND: "-XX:-UseG1GC -XX:+UseSerialGC -XX:TieredStopAtLevel=1",
    },
    stdio: ["ignore", openSync(log, "w"), openSync(log, "a")],
  });
  const origin = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    await end(server);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await ready(server, `http://127.0.0.1:${management}/health/ready`);
  } catch (error) {
    const said = readFileSync(log, "utf8").slice(-4000);
    await stop();
    throw new Error(`Keycloak did not start:\n${said}`, { cause: error });
  }
  const idOf = (email: string): string => users.find((user) => user.email === email)?.id ?? "";
  const administer = async (method: string, path: string, body: object = {}): Promise<void> => {
    const response = await fetch(`${origin}/admin/realms/o2mc/${path}`, {
      method,
      headers: { "content-type": "application/json", authorization: `Bearer ${await adminToken(origin, password)}` },
      ...(method === "DELETE" ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`Keycloak answered ${response.status}: ${await response.text()}`);
  };
  return {
    issuer: `${origin}/realms/o2mc`,
    otherIssuer: `${origin}/realms/master`,
    users,
    program: { id: PROGRAM.id, secret },
    disable: async (email) => administer("PUT", `users/${idOf(email)}`, { enabled: false }),
    unlock: async (email) => administer("DELETE", `attack-detection/brute-force/users/${idOf(email)}`),
    signOutEverywhere: async (email) => administer("POST", `users/${idOf(email)}/logout`),
    setOwnTenant: async (accessToken, tenant) => {
      const url = `${origin}/realms/o2mc/account`;
      const headers = {
        authorization: `Bearer ${accessToken}`,
        "content-type": "application/json",
        accept: "application/json",
      };
      const account = (await (await fetch(url, { headers })).json()) as { username: string; attributes?: object };
      const save = (firstName: string, attributes: object): Promise<Response> =>
        fetch(url, { method: "POST", headers, body: JSON.stringify({ ...account, firstName, attributes }) });
      // what is theirs to change they can: so the attempt was a real one
      const allowed = await save("Other", {});
      if (!allowed.ok) throw new Error(`Keycloak answered ${allowed.status}: ${await allowed.text()}`);
      await save("Another", { ...account.attributes, o2mc_tenant: [tenant] });
    },
    stop,
  };
}

const startArguments = (port: number, management: number): readonly string[] => [
  "start",
  "--optimized",
  "--import-realm",
  // here, and not when it is built: else it listens on other addresses
  "--cache=local",
  "--http-enabled=true",
  "--hostname-strict=false",
  "--http-host=127.0.0.1",
  `--http-port=${port}`,
  "--http-management-host=127.0.0.1",
  `--http-management-port=${management}`,
];

async function ready(server: ChildProcess, url: string): Promise<void> {
  for (const until = Date.now() + START_MS; Date.now() < until;) {
    if (server.exitCode !== null) throw new Error(`it ended with ${server.exitCode}`);
    const answer = await fetch(url).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok === true) return;
    await new Promise((wake) => setTimeout(wake, 500));
  }
  throw new Error("it is not ready in time");
}

async function adminToken(origin: string, password: string): Promise<string> {
  const response = await fetch(`${origin}/realms/master/protocol/openid-connect/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "password", client_id: "admin-cli", username: ADMIN, password }),
  });
  return ((await response.json()) as { access_token: string }).access_token;
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const gone = once(server, "exit");
  server.kill("SIGTERM");
  await gone;
}
