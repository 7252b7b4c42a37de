/** The partition of a subject: FNV-1a (32 bit) over the ASCII of its key, modulo `partitions`. */
export function partitionOf(subjectKey: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < subjectKey.length; i++) {
    hash ^= subjectKey.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  return (hash >>> 0) % partitions;
}
