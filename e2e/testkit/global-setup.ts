import { createProgress } from "@o2mc/cli/start/console.ts";
import { findNatsServer } from "@o2mc/cli/start/nats/find.ts";

/** Before all tests: the nats-server that they start, had in the launcher's own way, so that a bare machine needs nothing. */
export default async function setup(): Promise<void> {
  const progress = createProgress((text) => process.stderr.write(text));
  process.env["O2MC_NATS_SERVER"] = await findNatsServer(process.env, progress);
}
