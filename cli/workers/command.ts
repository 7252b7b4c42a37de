import { join, resolve } from "node:path";
import { Command } from "commander";
import { Failure } from "../start/failure.ts";
import { runWorkers } from "./run.ts";

/** `o2mc workers …`: who of the data plane is let into the hub of the platform that runs here. */
export function workersCommand(): Command {
  return new Command("workers")
    .description("list, enrol and revoke the data plane's workers; `o2mc workers --help` tells how")
    .argument("[arguments...]")
    .helpOption(false)
    .allowUnknownOption()
    .action(async (args: readonly string[]) => {
      const folder = resolve(process.env["O2MC_DATA_DIR"] || ".o2mc");
      try {
        const { code } = await runWorkers({ file: (...names) => join(folder, ...names) }, args, "inherit");
        process.exitCode = code;
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        process.stderr.write(`${error.message}\n`);
        process.exitCode = 1;
      }
    });
}
