import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "@o2mc/runtime/log.ts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WorkerUser } from "./worker-user.ts";

const log = createLogger("worker-user-test", "silent");
let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "o2mc-worker-"));
  file = join(folder, "worker.creds");
});

afterEach(() => rmSync(folder, { recursive: true }));

/** as nats-server's tools and libraries write them */
function creds(iat: number, name = "w"): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `-----BEGIN NATS USER JWT-----
${part({ typ: "JWT" })}.${part({ name, iat })}.c2ln
------END NATS USER JWT------

************************* IMPORTANT *************************
  NKEY Seed printed below can be used to sign and prove identity.

-----BEGIN USER NKEY SEED-----
SU${iat}
------END USER NKEY SEED------
`;
}

test("what the directory renews takes the file's place, for its owner only, and a restart finds it", () => {
  writeFileSync(file, creds(1), { mode: 0o600 });
  const user = new WorkerUser(file, log);
  expect([user.worker, user.current().seed]).toEqual(["w", "SU1"]);
  user.renew(creds(2));
  expect(user.current().seed).toBe("SU2");
  expect(readFileSync(file, "utf8")).toBe(creds(2));
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(new WorkerUser(file, log).current().seed).toBe("SU2");
});

test("an older user, another worker's and what is none change nothing", () => {
  writeFileSync(file, creds(5));
  const user = new WorkerUser(file, log);
  for (const wrong of [creds(4), creds(6, "other"), "no creds", creds(6).replace("BEGIN USER NKEY", "NO")]) {
    user.renew(wrong);
  }
  expect(user.current().seed).toBe("SU5");
  expect(readFileSync(file, "utf8")).toBe(creds(5));
});

test("a file that an operator puts there is taken at the next connection, and one that is gone is not missed", () => {
  writeFileSync(file, creds(1));
  const user = new WorkerUser(file, log);
  writeFileSync(file, creds(3));
  expect(user.current().seed).toBe("SU3");
  rmSync(file);
  expect(user.current().seed).toBe("SU3");
});

test("a folder that cannot be written to: the renewed user is used all the same", () => {
  writeFileSync(file, creds(1));
  const user = new WorkerUser(file, log);
  rmSync(folder, { recursive: true });
  user.renew(creds(2));
  expect(user.current().seed).toBe("SU2");
  folder = mkdtempSync(join(tmpdir(), "o2mc-worker-"));
});
