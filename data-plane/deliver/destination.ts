import type { Outgoing } from "@o2mc/runtime/outgoing/outgoing.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import type { OutputType } from "@o2mc/schema/pipeline/types.ts";

/** One result: `values` stand in the order of the output's columns; timestamps are epoch milliseconds. */
export interface Row {
  /** result id: the same for the same facts, whatever the attempt */
  readonly id: string;
  readonly values: readonly Scalar[];
  /** by which an erasure finds the row again: of its subject, and of this delivery alone; absent in rows about several subjects */
  readonly erasureKey?: string | undefined;
}

/** That the rows of one subject are to go. */
export interface Erasure {
  readonly id: string;
  /** `Row.erasureKey` of what is to go */
  readonly erasureKey: string;
}

export interface Batch {
  /** stays the same over attempts, and over restarts where the kind gathers one message a batch */
  readonly id: string;
  /** RESULTS stream sequences of the first and last message that the batch holds */
  readonly first: number;
  readonly last: number;
  /** never empty; an attempt may hold fewer rows than the one before, when consent was withdrawn in between */
  readonly rows: readonly Row[];
}

/**
 * What a delivery writes to. One caller, one call at a time: `connect`, then `write` any number of times, then `close`;
 * after a `NotConnected` the caller closes and connects again. Every error that is not one of the four below is unknown:
 * it is retried a bounded number of times, then the rows go to the dead letters.
 */
export interface Destination {
  /**
   * Resolves when the destination can take rows: this is its health check too. May be called again after `close`. Throws
   * `Permanent` when somebody has to change the destination first: nothing is pulled meanwhile.
   */
  connect(): Promise<void>;
  /** Resolves only when every row is durable at the destination. Writing the same ids again changes nothing. */
  write(batch: Batch): Promise<void>;
  /**
   * Resolves when the rows of the key are gone, or, where they can't be taken back, when their owner is told which; with what
   * there is to say of it. Everything written before is covered; asking again changes nothing. Throws as `write` does.
   */
  erase(erasure: Erasure): Promise<Readonly<Record<string, unknown>>>;
  /** Gives back what `connect` took; never throws for a destination that is already gone. */
  close(): Promise<void>;
  /** After `connect`: results up to this RESULTS stream sequence are durable already and must not be written again. */
  resumeAfter?(): number;
}

/** How many results are gathered for one `write`. */
export interface Gathering {
  /** at most this long after the first one; 0 = what is there now */
  readonly seconds: number;
  readonly messages: number;
  readonly bytes: number;
}

export interface DestinationContext {
  readonly delivery: string;
  readonly output: OutputType;
  /** the only ways out that a kind may use */
  readonly outgoing: Outgoing;
}

export interface OpenedDestination {
  readonly destination: Destination;
  readonly gathering: Gathering;
}

/** One kind of destination, as `destinations.ts` registers it; `open` throws an OptionError for options that are not its own. */
export interface DestinationKind {
  readonly kind: string;
  open(options: unknown, context: DestinationContext): OpenedDestination;
  /**
   * Goes there as a delivery would and leaves nothing behind. Throws a `TestFailure`, or whatever the way there threw. Ends
   * what it began when `signal` aborts.
   */
  test(options: unknown, context: DestinationTestContext): Promise<DestinationTest>;
}

export interface DestinationTestContext {
  readonly outgoing: Outgoing;
  readonly signal: AbortSignal;
}

export interface DestinationTest {
  /** name and version as the server tells them; null where there is none */
  readonly server: string | null;
}

/** The destination can't be reached or refuses us as a whole; retried for ever, nothing is lost meanwhile. */
export class NotConnected extends Error {
  override readonly name = "NotConnected";
  readonly code: string;
  constructor(code: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** The destination asked to come back in `ms`; retried for ever. */
export class RetryAfter extends Error {
  override readonly name = "RetryAfter";
  readonly code: string;
  readonly ms: number;
  constructor(code: string, ms: number, cause?: unknown) {
    super("the destination asked to wait", { cause });
    this.code = code;
    this.ms = ms;
  }
}

/** No attempt will ever succeed: the whole batch goes to the dead letters. */
export class Permanent extends Error {
  override readonly name = "Permanent";
  readonly code: string;
  constructor(code: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

export interface RowFailure {
  readonly code: string;
  readonly message: string;
}

/** The rows at these indexes of `batch.rows` can't be written; all the others are durable. */
export class Partial extends Error {
  override readonly name = "Partial";
  readonly failures: ReadonlyMap<number, RowFailure>;
  constructor(failures: ReadonlyMap<number, RowFailure>) {
    super("some rows were refused");
    this.failures = failures;
  }
}
