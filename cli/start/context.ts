import type { Realm } from "../issuer/realm.ts";
import type { Addresses } from "./addresses.ts";
import type { Progress } from "./console.ts";
import type { DataFolder } from "./data-folder.ts";
import type { NatsKeys } from "./nats/keys.ts";
import type { Ports } from "./ports.ts";
import type { Supervisor } from "./process/supervisor.ts";
import type { Secrets } from "./secrets.ts";

/** What every part of one start knows. */
export interface StartContext {
  readonly repository: string;
  readonly data: DataFolder;
  readonly logFolder: string;
  readonly ports: Ports;
  readonly addresses: Addresses;
  readonly secrets: Secrets;
  readonly realm: Realm;
  readonly realmFile: string;
  readonly keys: NatsKeys;
  readonly supervisor: Supervisor;
  readonly progress: Progress;
  /** restart a process of ours when its source changes */
  readonly watch: boolean;
  readonly environment: NodeJS.ProcessEnv;
  /** aborted when the launcher is told to stop */
  readonly signal: AbortSignal;
}
