/** What GraphQL calls a word of a `words` option. */
export const enumName = (word: string): string => word.toUpperCase().replaceAll("-", "_");
