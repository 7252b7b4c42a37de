/** `postgres` → `Postgres`: how names of GraphQL types begin. */
export const typeName = (word: string): string =>
  word
    .split("-")
    .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1))
    .join("");
