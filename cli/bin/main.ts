import { Command } from "commander";
import { sendCommand } from "../send/command.ts";
import { startCommand } from "../start/command.ts";
import { workersCommand } from "../workers/command.ts";

const program = new Command("o2mc").description("The O2MC I/O platform on this machine").showHelpAfterError();
program.addCommand(startCommand());
program.addCommand(sendCommand());
program.addCommand(workersCommand());
await program.parseAsync();
