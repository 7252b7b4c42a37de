/** Keeps the rows for which `where`, a CEL expression of type bool over `event`, is true; null and errors drop the row. */
export interface FilterOptions {
  readonly where: string;
}
