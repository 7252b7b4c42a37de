/** Policy and pipelines of the demo shop, in the API's own form. */
const field = (path: string, type: string, purposes: readonly string[], description: string): object => ({
  path,
  type,
  purposes,
  description,
});
const SHOP = ["analytics"];
const LOG = ["operations"];

export const POLICY = {
  purposes: [
    {
      name: "analytics",
      legalBasis: "CONSENT",
      lifetimeDays: 180,
      description: "To see which pages and products are looked at",
    },
    {
      name: "operations",
      legalBasis: "LEGITIMATE_INTERESTS",
      lifetimeDays: 30,
      description: "To keep the web server running",
    },
  ],
  fields: [
    field("$subject", "STRING", [...SHOP, ...LOG], "the visitor's random id; of a log line, the client's address"),
    field("page.path", "STRING", SHOP, "path of the page"),
    field("page.title", "STRING", SHOP, "title of the page"),
    field("page.url", "STRING", SHOP, "whole address of the page"),
    field("page.referrer", "STRING", SHOP, "page that the visitor came from"),
    field("click.name", "STRING", SHOP, "name of the element that was clicked"),
    field("product.sku", "STRING", SHOP, "article number"),
    field("product.price", "NUMBER", SHOP, "price in euro"),
    field("request.method", "STRING", LOG, "HTTP method"),
    field("request.path", "STRING", LOG, "path without the query"),
    field("response.status", "INTEGER", LOG, "HTTP status"),
    field("response.bytes", "INTEGER", LOG, "size of the answer in bytes"),
  ],
};

/** Every permitted event as it comes, and sessions of half an hour. The visitor leaves as a hash. */
const LIVE = {
  purposes: SHOP,
  time: { disorderSeconds: 5, idleSeconds: 10 },
  steps: [
    {
      map: {
        set: [
          { field: "type", expression: 'event["$type"]' },
          { field: "time", expression: 'event["$time"]' },
          { field: "visitor", expression: 'event["$subject"]' },
        ],
      },
    },
    { anonymize: { field: "visitor", method: "HASH" } },
    {
      emit: {
        output: "events",
        fields: ["type", "time", "visitor", "page.path", "page.title", "click.name", "product.sku", "product.price"],
      },
    },
    {
      sessionize: {
        gapSeconds: 1800,
        sticky: [
          { field: "visitor", keep: "FIRST", as: "visitor" },
          { field: "page.path", keep: "FIRST", as: "entry" },
          { field: "page.path", keep: "LAST", as: "exit" },
        ],
      },
    },
    { emit: { output: "sessions" } },
  ],
};

/** Sessions of a replayed access log: its lines are out of order within the hour. */
const LOG_SESSIONS = {
  purposes: LOG,
  time: { disorderSeconds: 7200, idleSeconds: 5 },
  steps: [
    {
      sessionize: {
        gapSeconds: 1800,
        sticky: [
          { field: "$subject", keep: "FIRST", as: "address" },
          { field: "request.path", keep: "FIRST", as: "entry" },
        ],
      },
    },
    { emit: { output: "sessions" } },
  ],
};

export const PIPELINES = { live: LIVE, "log-sessions": LOG_SESSIONS };
