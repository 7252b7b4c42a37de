import { readFileSync } from "node:fs";
import { createLogger } from "@o2mc/runtime/log.ts";
import { onShutdown } from "@o2mc/runtime/shutdown.ts";
import { Monitor } from "../alerts/monitor.ts";
import { startServer } from "../api/server.ts";
import { authenticator } from "../auth/authenticate.ts";
import { FailedAttempts } from "@o2mc/runtime/failed-attempts.ts";
import { OidcVerifier } from "../auth/oidc.ts";
import { SignOuts } from "../auth/sign-outs.ts";
import { Signer } from "../auth/signer.ts";
import { migrate } from "../db/migrate.ts";
import { createOrm } from "../db/orm.ts";
import { SecretBox } from "../db/secret.ts";
import { Eraser } from "../erase/eraser.ts";
import { controlPlaneEnv } from "../env.ts";
import { Hub } from "../hub/hub.ts";
import { SubscriberCount } from "../modules/result/subscriber-count.ts";
import { tenantHub } from "../modules/result/tenant-hub.ts";
import { Rehearsals } from "../rehearsal/rehearsals.ts";
import { Dispatcher } from "../publish/dispatcher.ts";

const env = controlPlaneEnv();
const log = createLogger("control-plane", env.logLevel);

await migrate(env.database.ownerUrl, env.database.url);
const orm = await createOrm(env.database.url);
const secrets = new SecretBox(env.secretKey, env.olderSecretKeys);
const hub = await Hub.connect({
  url: env.hub.url,
  operatorSeed: readFileSync(env.hub.operatorSeedFile, "utf8").trim(),
  systemCreds: env.hub.systemCreds,
  platformCreds: env.hub.platformCreds,
  credentialSeconds: env.hub.credentialSeconds,
});
const dispatcher = new Dispatcher({ orm, secrets, hub, log, sealFor: env.sealFor, databaseUrl: env.database.url });
dispatcher.start();
const eraser = new Eraser({ orm, secrets, hub, log, databaseUrl: env.database.url });
eraser.start();
const signOuts = await SignOuts.open(orm, log, env.database.url);
const oidc = new OidcVerifier(env.oidc);
const subscribers = new SubscriberCount(orm, log);
const reader = tenantHub(orm, secrets, hub, log, env.sealFor);
const monitor = new Monitor({ orm, hub: reader, log });
monitor.start();
const server = await startServer({
  services: {
    orm,
    secrets,
    signer: new Signer(env.signingKey),
    outgoing: env.outgoing,
    invitationAttempts: new FailedAttempts({ limit: 20 }),
    subscribers,
    rehearsals: new Rehearsals({ program: env.rehearsalProgram }),
    hub: reader,
  },
  authenticate: authenticator(orm, oidc, signOuts),
  oidc,
  signOuts,
  log,
  host: env.host,
  port: env.port,
  exposure: env.exposure,
  ready: async () => {
    await orm.em.fork().execute("select 1");
  },
});
log.info({ url: server.url }, "the control plane is ready");

onShutdown(log, async () => {
  await server.stop();
  await monitor.stop();
  await signOuts.stop();
  await subscribers.stop();
  await dispatcher.stop();
  await eraser.stop();
  await hub.close();
  await orm.close(true);
});
