/** What is wrong with given options. The message is a clause that begins with the path of the option. */
export class OptionError extends Error {
  override readonly name = "OptionError";
  readonly code: "unknown-option" | "invalid-option";
  /** dotted, with the spec's own name first: `sessionize.sticky.keep` */
  readonly path: string;
  /** goes on from the path: `must be …` */
  readonly problem: string;

  constructor(code: OptionError["code"], path: string, problem: string) {
    super(`${path} ${problem}`);
    this.code = code;
    this.path = path;
    this.problem = problem;
  }
}
