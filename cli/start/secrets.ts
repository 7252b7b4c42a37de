import { randomBytes } from "node:crypto";
import { z } from "zod";
import { keepPrivate, type DataFolder } from "./data-folder.ts";

const Secrets = z.object({
  databaseSuperuser: z.string(),
  databaseOwner: z.string(),
  databaseApp: z.string(),
  warehouse: z.string(),
  hook: z.string(),
});
export type Secrets = z.infer<typeof Secrets> & {
  /** path of the control plane's key, 32 bytes in hex */
  readonly secretKeyFile: string;
  /** path of the seed of the platform's signing key, 32 bytes in hex */
  readonly signingKeyFile: string;
};

/** Made at random at the first start. */
export function ownSecrets(data: DataFolder): Secrets {
  const text = keepPrivate(data.file("secrets.json"), () => {
    const password = (): string => randomBytes(24).toString("base64url");
    return JSON.stringify({
      databaseSuperuser: password(),
      databaseOwner: password(),
      databaseApp: password(),
      warehouse: password(),
      hook: `whsec_${randomBytes(32).toString("base64")}`,
    });
  });
  const secretKeyFile = data.file("control-plane.key");
  keepPrivate(secretKeyFile, () => randomBytes(32).toString("hex"));
  const signingKeyFile = data.file("signing.key");
  keepPrivate(signingKeyFile, () => randomBytes(32).toString("hex"));
  return { ...Secrets.parse(JSON.parse(text)), secretKeyFile, signingKeyFile };
}
