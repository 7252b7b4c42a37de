/** Renames columns; purposes go along. */
export interface RenameOptions {
  readonly fields: readonly { readonly from: string; readonly to: string }[];
}
