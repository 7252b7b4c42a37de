import { FIELD_PATH, PURPOSE_NAME, type FieldDeclaration, type Purpose } from "@o2mc/schema/consent/policy.ts";
import { invalid } from "../../api/input.ts";

const MAX_PURPOSES = 32;
const MAX_FIELDS = 1000;
const MAX_LIFETIME_DAYS = 3650;
const MAX_DESCRIPTION = 1000;

/** Throws INVALID_INPUT with the first thing about a policy that is not right. */
export function checkPolicy(purposes: readonly Purpose[], fields: readonly FieldDeclaration[]): void {
  checkFields(fields, checkPurposes(purposes));
}

function checkPurposes(purposes: readonly Purpose[]): ReadonlySet<string> {
  if (purposes.length === 0 || purposes.length > MAX_PURPOSES) {
    throw invalid("purposes", `must have 1 to ${MAX_PURPOSES} entries`);
  }
  const names = new Set<string>();
  for (const { name, lifetimeDays, description } of purposes) {
    if (!PURPOSE_NAME.test(name)) {
      throw invalid("purposes", `have a name ${quoted(name)} that is not ${PURPOSE_NAME.source}`);
    }
    if (names.has(name)) throw invalid("purposes", `name ${name} twice`);
    if (!Number.isInteger(lifetimeDays) || lifetimeDays < 1 || lifetimeDays > MAX_LIFETIME_DAYS) {
      throw invalid("purposes", `give ${name} a lifetime that is not 1 to ${MAX_LIFETIME_DAYS} days`);
    }
    if (description.length > MAX_DESCRIPTION) {
      throw invalid("purposes", `describe ${name} in more than ${MAX_DESCRIPTION} characters`);
    }
    names.add(name);
  }
  return names;
}

function checkFields(fields: readonly FieldDeclaration[], purposes: ReadonlySet<string>): void {
  if (fields.length > MAX_FIELDS) throw invalid("fields", `must have at most ${MAX_FIELDS} entries`);
  const paths = new Set<string>();
  for (const { path, type, purposes: seenBy, description } of fields) {
    // a column of that name would be an object's prototype
    if (!FIELD_PATH.test(path) || path.split(".").includes("__proto__")) {
      throw invalid(
        "fields",
        `have a path ${quoted(path)} that is none: names of letters, digits and _, up to 8 with dots between, or $subject or $ip`,
      );
    }
    if (paths.has(path)) throw invalid("fields", `declare ${path} twice`);
    if (path.startsWith("$") && type !== "string")
      throw invalid("fields", `declare ${path} as ${type}; it is a string`);
    const unknown = seenBy.find((purpose) => !purposes.has(purpose));
    if (unknown !== undefined) {
      throw invalid("fields", `show ${path} to ${quoted(unknown)}, which is no purpose of the policy`);
    }
    if (new Set(seenBy).size < seenBy.length) throw invalid("fields", `show ${path} to one purpose twice`);
    if (description.length > MAX_DESCRIPTION) {
      throw invalid("fields", `describe ${path} in more than ${MAX_DESCRIPTION} characters`);
    }
    paths.add(path);
  }
  // a value is a scalar or has parts: with both declared one event would fill one field and another the other
  for (const path of paths) {
    for (let dot = path.indexOf("."); dot > 0; dot = path.indexOf(".", dot + 1)) {
      const whole = path.slice(0, dot);
      if (paths.has(whole)) throw invalid("fields", `declare ${whole} as a value and ${path} as a part of it`);
    }
  }
}

/** What was sent, short enough to be read. */
const quoted = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
