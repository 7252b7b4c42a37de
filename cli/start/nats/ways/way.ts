/** One way to get a nats-server. */
export interface Way {
  readonly name: string;
  /** why it can't be tried on this machine; undefined when it can */
  unusable(environment: NodeJS.ProcessEnv): Promise<string | undefined>;
  /**
   * works in the empty folder `work` and resolves with the program's path; throws when it does not get it in time, or
   * `signal` is aborted
   */
  fetch(work: string, environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<string>;
}
