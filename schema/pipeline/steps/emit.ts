/** Hands the rows to output `output`. `fields` projects them; all columns when left out. */
export interface EmitOptions {
  readonly output: string;
  readonly fields?: readonly string[];
}
