/** Removes columns. */
export interface DropOptions {
  readonly fields: readonly string[];
}
