/** What the demo's application is made of, as GraphQL inputs. */

const field = (path: string, purposes: string, type = "STRING") => ({ path, type, purposes: purposes.split(" ") });

export const PURPOSES = [
  {
    name: "analytics",
    description: "See how the shop is used, to make it better.",
    legalBasis: "CONSENT",
    lifetimeDays: 180,
  },
  {
    name: "operations",
    description: "Keep the web server running: load, errors, abuse.",
    legalBasis: "LEGITIMATE_INTERESTS",
    lifetimeDays: 365,
  },
];

/** What the shop's banner shows. */
export const WORDINGS = [
  {
    id: "banner-en",
    language: "en",
    text: "We would like to see which pages and products people look at. Until you accept, nothing is sent and nothing is stored on your device.",
    purposes: [{ name: "analytics", text: "Analytics: see how the shop is used, to make it better." }],
  },
  {
    id: "banner-nl",
    language: "nl",
    text: "We willen graag zien welke pagina's en producten mensen bekijken. Tot u akkoord gaat, wordt er niets verstuurd en niets op uw apparaat bewaard.",
    purposes: [{ name: "analytics", text: "Analyse: zien hoe de winkel wordt gebruikt, om die te verbeteren." }],
  },
];

export const FIELDS = [
  field("$subject", "analytics operations"),
  field("$ip", "operations"),
  field("page.path", "analytics"),
  field("page.title", "analytics"),
  field("page.url", "analytics"),
  field("page.referrer", "analytics"),
  field("click.name", "analytics"),
  field("product.sku", "analytics"),
  field("product.price", "analytics", "NUMBER"),
  field("request.method", "operations"),
  field("request.path", "operations"),
  field("request.protocol", "operations"),
  field("response.status", "operations", "INTEGER"),
  field("response.bytes", "operations", "INTEGER"),
  field("referrer", "operations"),
  field("user_agent", "operations"),
  field("client.ip", "operations"),
];

const sticky = (from: string, keep: "FIRST" | "LAST", as: string) => ({ field: from, keep, as });

const LIVE_FIELDS = [
  "$time",
  "$type",
  "$subject",
  "page.path",
  "page.title",
  "click.name",
  "product.sku",
  "product.price",
];

export const PIPELINES = {
  live: {
    purposes: ["analytics"],
    time: { disorderSeconds: 10, idleSeconds: 30 },
    steps: [
      { anonymize: { field: "$subject", method: "HASH" } },
      {
        emit: {
          output: "events",
          fields: LIVE_FIELDS,
        },
      },
      {
        sessionize: {
          // a real site takes half an hour; who tries the demo wants to see one complete
          gapSeconds: 60,
          sticky: [sticky("page.path", "FIRST", "entry"), sticky("page.path", "LAST", "exit")],
        },
      },
      { emit: { output: "sessions" } },
    ],
  },
  "log-sessions": {
    purposes: ["operations"],
    // neighbours in a log file may be hours out of order
    time: { disorderSeconds: 7200, idleSeconds: 5 },
    steps: [
      { sessionize: { gapSeconds: 1800, sticky: [sticky("request.path", "FIRST", "entry")] } },
      { emit: { output: "sessions" } },
    ],
  },
};
