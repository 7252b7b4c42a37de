import type { FieldDeclaration, Purpose } from "../policy.ts";

export const purpose = (name: string): Purpose => ({
  name,
  description: "",
  legalBasis: "consent",
  lifetimeDays: 365,
});

export const field = (path: string, type: FieldDeclaration["type"], ...purposes: string[]): FieldDeclaration => ({
  path,
  type,
  purposes,
  description: "",
});
