/** What the second tenant makes of its own. */
export const PURPOSES = [{ name: "analytics", legalBasis: "CONSENT", lifetimeDays: 365 }];
export const FIELDS = [{ path: "page.path", type: "STRING", purposes: ["analytics"] }];
export const DEFINITION = { purposes: ["analytics"], steps: [{ emit: { output: "events" } }] };
