import { createLogger } from "@o2mc/runtime/log.ts";
import { createOrm } from "../db/orm.ts";
import { rotateSecrets } from "../db/rotate-secrets.ts";
import { SecretBox } from "../db/secret.ts";
import { controlPlaneEnv } from "../env.ts";

// With the control plane's own environment, once that runs with the new key. The older keys may go when this has ended well.
const env = controlPlaneEnv();
const orm = await createOrm(env.database.url);
try {
  const rotated = await rotateSecrets(orm, new SecretBox(env.secretKey, env.olderSecretKeys));
  createLogger("rotate-secrets", env.logLevel).info({ rotated }, "every secret is sealed by the new key");
} finally {
  await orm.close(true);
}
