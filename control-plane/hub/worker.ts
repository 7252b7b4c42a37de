import { fmtCreds } from "@nats-io/jwt";
import type { KeyPair } from "@nats-io/nkeys";
import type { DataPlaneRole } from "@o2mc/schema/subjects.ts";
import { FOR_EVER, guestClaims, keyPair, type Revocations } from "./accounts.ts";
import { deriveUser } from "./derive-account.ts";
import type { Guest } from "./directory.ts";
import { directoryGrants, userPermissions } from "./grants.ts";
import { issueUser } from "./users.ts";

/** One enrolled worker of the data plane: a process, or several that share its file. */
export interface Worker {
  readonly name: string;
  readonly role: DataPlaneRole;
  /** null = every tenant */
  readonly scope: readonly WorkerScope[] | null;
  /** of its directory's account; its users' keys in all others are derived from it */
  readonly seed: string;
  /** revoked: it is never let in again */
  readonly ended: boolean;
}

export interface WorkerScope {
  readonly tenant: string;
  /** process only: `application/lane`; not named = every lane */
  readonly lanes?: readonly string[];
}

/** How long the user that reads a directory is good for; renewed at half time, as all are. decisions/0003 says why so long. */
export const DIRECTORY_SECONDS = 30 * 86_400;

export const servesTenant = ({ scope }: Pick<Worker, "scope">, tenant: string): boolean =>
  scope === null || scope.some((part) => part.tenant === tenant);

export function serves({ role, scope }: Worker, guest: Pick<Guest, "role" | "access">): boolean {
  const { tenant, lane } = guest.access;
  if (role !== guest.role) return false;
  if (scope === null) return true;
  return scope.some(
    (part) =>
      part.tenant === tenant &&
      (part.lanes === undefined || (lane !== undefined && part.lanes.includes(`${lane.application}/${lane.id}`))),
  );
}

/** The key of the worker's user in the account of a role or a lane: the same at each renewal, so that it can be revoked for ever. */
export const userKey = ({ seed }: Worker, { role, key }: Pick<Guest, "role" | "key">): KeyPair =>
  deriveUser(seed, `${role}.${key}`);

/** Of the workers that are revoked, their users among a guest's. */
export function revokedUsers(workers: Iterable<Worker>, guest: Guest): Revocations {
  const revoked: Record<string, number> = {};
  for (const worker of workers) {
    if (worker.ended && serves(worker, guest)) revoked[userKey(worker, guest).getPublicKey()] = FOR_EVER;
  }
  return revoked;
}

/** The claims of the account whose users read the worker's directory; of a revoked one's they are nobody. */
export const directoryClaims = ({ name, ended }: Worker, platform: string): ReturnType<typeof guestClaims> =>
  ended ? guestClaims(platform, [], { "*": FOR_EVER }) : guestClaims(platform, directoryGrants(name));

/** The creds file of a new user that reads the worker's directory. Its JWT's name is the worker's, which names the bucket. */
export async function directoryCreds(worker: Worker, seconds = DIRECTORY_SECONDS): Promise<string> {
  const permissions = userPermissions(worker.role, directoryGrants(worker.name));
  const expires = Math.ceil(Date.now() / 1000) + seconds;
  const { jwt, seed } = await issueUser(worker.name, keyPair(worker.seed), { permissions, expires });
  return new TextDecoder().decode(fmtCreds(jwt, keyPair(seed)));
}
