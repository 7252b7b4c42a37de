/** Adds or replaces columns, each by a CEL expression over `event`; all see the row as it was before the step. */
export interface MapOptions {
  readonly set: readonly { readonly field: string; readonly expression: string }[];
}
