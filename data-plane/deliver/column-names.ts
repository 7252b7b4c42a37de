import type { OutputColumn } from "@o2mc/schema/pipeline/types.ts";

/**
 * One name at the destination per column, `spell(column.name)`; where two columns come out the same, or as a `reserved`
 * name, the later one gets `_2`, `_3`, …
 */
export function columnNames(
  columns: readonly OutputColumn[],
  reserved: readonly string[],
  spell: (name: string) => string = (name) => name,
): string[] {
  const taken = new Set(reserved);
  return columns.map((column) => {
    let name = spell(column.name);
    for (let n = 2; taken.has(name); n++) name = spell(`${column.name}_${n}`);
    taken.add(name);
    return name;
  });
}
