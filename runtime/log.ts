import { pino, type Logger } from "pino";

export type { Logger };

/** A logger for one process: JSON lines on standard error; a constant sentence plus fields. */
export function createLogger(name: string, level = "info"): Logger {
  return pino({ name, level, base: { pid: process.pid } }, pino.destination({ dest: 2, sync: false }));
}
