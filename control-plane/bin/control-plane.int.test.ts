import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { jetstream } from "@nats-io/jetstream";
import { createCurve } from "@nats-io/nkeys";
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ResultFrame } from "@o2mc/schema/events/result-frame.ts";
import { resultMessage } from "@o2mc/schema/events/testkit/result-message.ts";
import { resultSubject } from "@o2mc/schema/subjects.ts";
import { startNatsOperator, type NatsOperator } from "../../e2e/testkit/nats-operator.ts";
import { TenantRow } from "../db/entities/tenant.ts";
import { inTenant } from "../db/orm.ts";
import { secretContext, SecretBox } from "../db/secret.ts";
import { connectTenant } from "../hub/connection.ts";
import { asker, type Ask } from "../test/api.ts";
import { startDatabase, type TestDatabase } from "../test/database.ts";
import { makeTenant, type Fixture } from "../test/fixture.ts";
import { startIssuer, type TestIssuer } from "../test/issuer.ts";

const KEY = "07".repeat(32);

let database: TestDatabase;
let issuer: TestIssuer;
let nats: NatsOperator;
let child: ChildProcess;
let url: string;
let ask: Ask;
let tenant: Fixture;

beforeAll(async () => {
  [database, issuer, nats] = await Promise.all([startDatabase(), startIssuer(), startNatsOperator()]);
  writeFileSync(join(nats.directory, "key"), KEY);
  writeFileSync(join(nats.directory, "operator.seed"), nats.operatorSeed);
  [child, url] = await startProcess();
  ask = asker(url);
  tenant = await makeTenant({ ask, issuer }, "one");
});

afterAll(async () => {
  child?.kill("SIGKILL");
  issuer?.stop();
  await nats?.stop();
  await database?.stop();
});

/** The control plane as the launcher starts it; resolves with its address once it is ready. */
async function startProcess(): Promise<[ChildProcess, string]> {
  const started = spawn(
    process.execPath,
    ["--import", join(import.meta.dirname, "decorators.ts"), join(import.meta.dirname, "control-plane.ts")],
    {
      stdio: ["ignore", "inherit", "pipe"],
      env: {
        PATH: process.env["PATH"],
        O2MC_DATABASE_URL: database.url,
        O2MC_DATABASE_OWNER_URL: database.ownerUrl,
        O2MC_OIDC_ISSUER: issuer.issuer,
        O2MC_NATS_URL: nats.url,
        O2MC_NATS_CREDS: nats.platformCreds,
        O2MC_SYSTEM_CREDS: nats.systemCreds,
        O2MC_OPERATOR_SEED_FILE: join(nats.directory, "operator.seed"),
        O2MC_SECRET_KEY_FILE: join(nats.directory, "key"),
        O2MC_SIGNING_KEY_FILE: join(nats.directory, "key"),
        O2MC_SEAL_PUBLIC_KEY: createCurve().getPublicKey(),
      },
    },
  );
  let log = "";
  const ready = new Promise<string>((done, fail) => {
    started.stderr.setEncoding("utf8").on("data", (text: string) => {
      log += text;
      const address = /"url":"([^"]+)","msg":"the control plane is ready"/.exec(log)?.[1];
      if (address !== undefined) done(address);
    });
    started.once("exit", (code) => fail(new Error(`it ended with ${code}:\n${log}`)));
  });
  return [started, await ready];
}

test("it is healthy and ready", async () => {
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
});

test("what was published is in the tenant's own account, and its results reach a subscriber", async () => {
  const connection = await connectTenant(nats.url, "one", await accountSeed());
  const watch = await connection.deployments.watch({ key: tenant.application });
  for await (const entry of watch) {
    const { pipelines, deliveries } = entry.json<{ pipelines: { id: string }[]; deliveries: { id: string }[] }>();
    if (pipelines.length === 1 && deliveries.length === 1) break;
  }
  const output = { application: tenant.application, pipeline: tenant.pipeline, output: "pages" };
  const client = createClient({
    url: `${url.replace("http", "ws")}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${tenant.secret}` },
    retryAttempts: 0,
  });
  const results = client.iterate<{ results: { rows: unknown[] } }>({
    query: `subscription ($o: OutputRef!) { results(output: $o, after: "0") { ... on ResultRows { rows } ... on ResultGap { reason } } }`,
    variables: { o: output },
  });
  const frame: ResultFrame = {
    revision: 1,
    lane: "analytics",
    n: 1,
    id: ["r1"],
    columns: { "page.path": ["/"] },
  };
  await jetstream(connection.nc).publish(
    resultSubject(output.application, output.pipeline, "pages"),
    resultMessage(frame),
  );
  const { value } = await results.next();
  expect(value).toMatchObject({ data: { results: { rows: [{ id: "r1", "page.path": "/" }] } } });
  await client.dispose();
  const { text } = await ask(await issuer.token({ tenant: "one", roles: ["developer"] }), DEAD, {
    a: tenant.application,
  });
  expect(text).toBe(`{"data":{"deadLetters":[]}}\n`);
  await connection.nc.close();
});

const DEAD = `query ($a: ID!) { deadLetters(application: $a) { code } }`;

test("a subscriber who has gone away leaves nothing behind, and it stops when told", async () => {
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  expect(await exited).toEqual([0, null]);
});

/** The dispatcher makes the account; until then the row has none. */
async function accountSeed(): Promise<string> {
  for (;;) {
    const row = await inTenant(database.orm, "one", (em) => em.findOneOrFail(TenantRow, { id: "one" }));
    if (row.accountSeed !== null) {
      return new SecretBox(Buffer.from(KEY, "hex")).open(row.accountSeed, secretContext.accountSeed("one"));
    }
    await new Promise((wake) => setTimeout(wake, 50));
  }
}
