/** The demo's log-ins; passwords are made at random with the realm. */
export const PEOPLE = [
  { email: "owner@demo.example", roles: ["owner"], tenant: "demo" },
  { email: "dev@demo.example", roles: ["developer"], tenant: "demo" },
  { email: "officer@demo.example", roles: ["privacy-officer"], tenant: "demo" },
  { email: "analyst@demo.example", roles: ["analyst"], tenant: "demo" },
  { email: "dev@other.example", roles: ["developer", "owner"], tenant: "other" },
  { email: "operator@platform.example", roles: ["operator"], tenant: "platform" },
] as const;

export type Email = (typeof PEOPLE)[number]["email"];

export const PROGRAMS = [{ id: "demo-program", roles: ["developer"], tenant: "demo" }] as const;
