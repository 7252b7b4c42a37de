import { FIELD_PATH, PURPOSE_NAME, type FieldDeclaration, type Purpose } from "@o2mc/schema/consent/policy.ts";
import { invalid } from "../../api/input.ts";

const MAX_PURPOSES = 32;
const MAX_FIELDS = 1000;
const MAX_LIFETIME_DAYS = 3650;

/** Throws INVALID_INPUT with the first thing about a policy that is not right. */
export function checkPolicy(purposes: readonly Purpose[], fields: readonly FieldDeclaration[]): void {
  if (purposes.length === 0 || purposes.length > MAX_PURPOSES) {
    throw invalid("purposes", `must have 1 to ${MAX_PURPOSES} entries`);
  }
  if (fields.length > MAX_FIELDS) throw invalid("fields", `must have at most ${MAX_FIELDS} entries`);
  const names = new Set<string>();
  for (const { name, lifetimeDays } of purposes) {
    if (!PURPOSE_NAME.test(name)) {
      throw invalid("purposes", `have a name ${JSON.stringify(name)} that is not ${PURPOSE_NAME.source}`);
    }
    if (names.has(name)) throw invalid("purposes", `name ${name} twice`);
    if (lifetimeDays < 1 || lifetimeDays > MAX_LIFETIME_DAYS) {
      throw invalid("purposes", `give ${name} a lifetime that is not 1 to ${MAX_LIFETIME_DAYS} days`);
    }
    names.add(name);
  }
  const paths = new Set<string>();
  for (const { path, purposes: seenBy } of fields) {
    if (!FIELD_PATH.test(path)) throw invalid("fields", `have a path ${JSON.stringify(path)} that is none`);
    if (paths.has(path)) throw invalid("fields", `declare ${path} twice`);
    paths.add(path);
    const unknown = seenBy.find((purpose) => !names.has(purpose));
    if (unknown !== undefined) throw invalid("fields", `show ${path} to ${unknown}, which is no purpose of the policy`);
  }
}
