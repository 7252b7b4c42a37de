/** Somebody who runs the same pipeline over the same file. */
export interface Peer {
  readonly name: string;
  readonly pipelines: readonly ("P" | "S")[];
  /** Gives how it is run, or, as a text, why it can't be had here. */
  readonly prepare: () => Promise<Run | string>;
}

/** The command that reads events from `from` and leaves rows in `to` (sessions in `<to>.sessions`). */
export type Run = (pipeline: "P" | "S", from: string, to: string) => Command;

export interface Command {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** a file that it reads as standard input, and one that takes its output */
  readonly stdin?: string;
  readonly stdout?: string;
}
