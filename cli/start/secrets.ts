import { randomBytes } from "node:crypto";
import { createCurve, fromCurveSeed } from "@nats-io/nkeys";
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
  /** path of the seed of deliver's key pair, for which destinations are sealed in the hub, and its public key */
  readonly sealSeedFile: string;
  readonly sealPublicKey: string;
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
  const sealSeedFile = data.file("deliver.seed");
  const seed = keepPrivate(sealSeedFile, () => new TextDecoder().decode(createCurve().getSeed()));
  const sealPublicKey = fromCurveSeed(new TextEncoder().encode(seed.trim())).getPublicKey();
  return { ...Secrets.parse(JSON.parse(text)), secretKeyFile, signingKeyFile, sealSeedFile, sealPublicKey };
}
