/** A request as it was sent: `query`, `variables`, `operationName`, `extensions`, or whatever else. */
export type Asked = Readonly<Record<string, unknown>>;

/** Read as Apollo reads it: Express's own parser stops after a thousand parameters, behind which a query would be unseen. */
export function inAddress(url: string): Asked {
  const [address = ""] = url.split("#", 1);
  const at = address.indexOf("?");
  return at < 0 ? {} : Object.fromEntries(new URLSearchParams(address.slice(at)));
}
