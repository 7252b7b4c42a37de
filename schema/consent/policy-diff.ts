import type { Policy } from "./policy.ts";

export interface PolicyChange {
  readonly kind: "added" | "removed" | "changed";
  readonly of: "purpose" | "field" | "level" | "wording" | "policy";
  /** of the purpose, field or level, a wording's id; of the policy itself, what of it */
  readonly name: string;
  /** null when it was added */
  readonly before: unknown;
  /** null when it was removed */
  readonly after: unknown;
}

type Parts = Omit<Policy, "version">;

/** What is other in `after`, in the order of the policy: purposes, fields, levels, wordings, then the policy itself. */
export function policyDiff(before: Parts, after: Parts): readonly PolicyChange[] {
  const byPath = (parts: Parts) => parts.fields.map((field) => ({ ...field, name: field.path }));
  const byId = ({ wordings = [] }: Parts) => wordings.map((wording) => ({ ...wording, name: wording.id }));
  return [
    ...changes("purpose", before.purposes, after.purposes),
    ...changes("field", byPath(before), byPath(after)),
    ...changes("level", before.levels ?? [], after.levels ?? []),
    ...changes("wording", byId(before), byId(after)),
    ...changes("policy", itself(before), itself(after)),
  ];
}

const itself = ({ controller = "", jurisdiction = "", receiptsPurpose = "" }: Parts) => [
  { name: "controller", value: controller },
  { name: "jurisdiction", value: jurisdiction },
  { name: "receiptsPurpose", value: receiptsPurpose },
];

interface Named {
  readonly name: string;
}

function changes(of: PolicyChange["of"], before: readonly Named[], after: readonly Named[]): PolicyChange[] {
  const found: PolicyChange[] = [];
  for (const { name } of [...before, ...after.filter((one) => !before.some((old) => old.name === one.name))]) {
    const old = before.find((one) => one.name === name) ?? null;
    const next = after.find((one) => one.name === name) ?? null;
    if (canonical(old) === canonical(next)) continue;
    found.push({
      kind: old === null ? "added" : next === null ? "removed" : "changed",
      of,
      name,
      before: old,
      after: next,
    });
  }
  return found;
}

/** The order of keys, and of the purposes in a set, means nothing. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (Array.isArray(part)) return part.map((one) => JSON.stringify(one)).sort();
    if (typeof part !== "object" || part === null) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
