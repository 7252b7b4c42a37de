import {
  FIELD_PATH,
  PURPOSE_NAME,
  type AnonymizedUse,
  type FieldDeclaration,
  type Level,
  type Policy,
  type Purpose,
  type Wording,
} from "@o2mc/schema/consent/policy.ts";
import { invalid } from "../../api/input.ts";

const MAX_PURPOSES = 32;
const MAX_FIELDS = 1000;
const MAX_LIFETIME_DAYS = 3650;
const MAX_DESCRIPTION = 1000;
const MAX_LEVELS = 16;
const MAX_LINE = 200;
const MAX_WORDINGS = 64;
const MAX_WORDING = 4000;
const MAX_LANGUAGE = 35;
/** of the framework; vendors are numbered with 16 bits */
const MAX_TCF_PURPOSE = 24;
const MAX_TCF_VENDOR = 65_535;
const MAX_KEEP = 4096;

/** Throws INVALID_INPUT with the first thing about a policy that is not right. */
export function checkPolicy(policy: Omit<Policy, "version">): void {
  const { purposes, fields, levels = [], wordings = [], receiptsPurpose = "" } = policy;
  const { controller = "", jurisdiction = "" } = policy;
  const names = checkPurposes(purposes);
  checkFields(fields, names);
  checkLevels(levels, names);
  checkWordings(wordings, purposes);
  checkReceiptsPurpose(receiptsPurpose, purposes, fields);
  for (const [field, value] of Object.entries({ controller, jurisdiction })) {
    if (value.length > MAX_LINE) throw invalid(field, `must have at most ${MAX_LINE} characters`);
  }
}

function checkPurposes(purposes: readonly Purpose[]): ReadonlySet<string> {
  if (purposes.length === 0 || purposes.length > MAX_PURPOSES) {
    throw invalid("purposes", `must have 1 to ${MAX_PURPOSES} entries`);
  }
  const names = new Set<string>();
  for (const { name, lifetimeDays, description, signals } of purposes) {
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
    checkTcf(name, signals);
    names.add(name);
  }
  return names;
}

function checkTcf(name: string, signals: Purpose["signals"]): void {
  if (signals == null || signals.tcf === null) return;
  const { purposes, vendor } = signals.tcf;
  const among = (value: number, max: number): boolean => Number.isInteger(value) && value >= 1 && value <= max;
  if (purposes.length === 0 || !purposes.every((one) => among(one, MAX_TCF_PURPOSE))) {
    throw invalid("purposes", `map ${name} to TCF purposes that are not one or more of 1 to ${MAX_TCF_PURPOSE}`);
  }
  if (new Set(purposes).size < purposes.length) throw invalid("purposes", `map ${name} to one TCF purpose twice`);
  if (vendor !== null && !among(vendor, MAX_TCF_VENDOR)) {
    throw invalid("purposes", `map ${name} to a TCF vendor that is not 1 to ${MAX_TCF_VENDOR}`);
  }
}

/** Cumulative: who agrees to a level has agreed to all below it. */
function checkLevels(levels: readonly Level[], purposes: ReadonlySet<string>): void {
  if (levels.length > MAX_LEVELS) throw invalid("levels", `must have at most ${MAX_LEVELS} entries`);
  const names = new Set<string>();
  let below: readonly string[] = [];
  for (const { name, purposes: bundle } of levels) {
    if (!PURPOSE_NAME.test(name))
      throw invalid("levels", `have a name ${quoted(name)} that is not ${PURPOSE_NAME.source}`);
    if (names.has(name)) throw invalid("levels", `name ${name} twice`);
    const unknown = bundle.find((purpose) => !purposes.has(purpose));
    if (unknown !== undefined)
      throw invalid("levels", `give ${name} ${quoted(unknown)}, which is no purpose of the policy`);
    if (new Set(bundle).size < bundle.length) throw invalid("levels", `give ${name} one purpose twice`);
    const lost = below.find((purpose) => !bundle.includes(purpose));
    if (lost !== undefined) throw invalid("levels", `give ${name} less than the level before it, which has ${lost}`);
    if (bundle.length <= below.length)
      throw invalid("levels", `give ${name} no purpose more than what comes before it`);
    names.add(name);
    below = bundle;
  }
}

function checkWordings(wordings: readonly Wording[], purposes: readonly Purpose[]): void {
  if (wordings.length > MAX_WORDINGS) throw invalid("wordings", `must have at most ${MAX_WORDINGS} entries`);
  const ids = new Set<string>();
  for (const { id, language, text, purposes: texts } of wordings) {
    if (!PURPOSE_NAME.test(id))
      throw invalid("wordings", `have an id ${quoted(id)} that is not ${PURPOSE_NAME.source}`);
    if (ids.has(id)) throw invalid("wordings", `have ${id} twice`);
    if (!isLanguage(language)) throw invalid("wordings", `have ${id} in ${quoted(language)}, which is no language tag`);
    if ([text, ...texts.map((one) => one.text)].some((one) => one.trim() === "" || one.length > MAX_WORDING)) {
      throw invalid("wordings", `have texts in ${id} that do not have 1 to ${MAX_WORDING} characters`);
    }
    const named = texts.map(({ name }) => name);
    if (new Set(named).size < named.length) throw invalid("wordings", `have two texts for one purpose in ${id}`);
    const unknown = named.find((name) => !purposes.some((purpose) => purpose.name === name));
    if (unknown !== undefined) {
      throw invalid("wordings", `have a text in ${id} for ${quoted(unknown)}, which is no purpose of the policy`);
    }
    const silent = purposes.find(({ name, legalBasis }) => legalBasis === "consent" && !named.includes(name));
    if (silent !== undefined) {
      throw invalid("wordings", `have no text in ${id} for ${silent.name}, which rests on consent`);
    }
    ids.add(id);
  }
}

function isLanguage(tag: string): boolean {
  try {
    return tag.length <= MAX_LANGUAGE && Intl.getCanonicalLocales(tag)[0] === tag;
  } catch {
    return false;
  }
}

/** What proves consent is kept because the law asks for proof, whatever the subject says later; and it is nobody else's. */
function checkReceiptsPurpose(name: string, purposes: readonly Purpose[], fields: readonly FieldDeclaration[]): void {
  if (name === "") return;
  const purpose = purposes.find((one) => one.name === name);
  if (purpose === undefined) throw invalid("receiptsPurpose", `is ${quoted(name)}, which is no purpose of the policy`);
  if (purpose.legalBasis !== "legal-obligation") {
    throw invalid("receiptsPurpose", "must be a purpose whose legal basis is a legal obligation");
  }
  const other = fields.find(({ path, purposes: seenBy }) => seenBy.includes(name) && !path.startsWith("receipt."));
  if (other !== undefined) throw invalid("receiptsPurpose", `must see nothing but receipts, and sees ${other.path}`);
}

function checkAnonymized(
  path: string,
  { methods, purposes: seenBy, keep, step, to, rotate }: AnonymizedUse,
  type: FieldDeclaration["type"],
  purposes: ReadonlySet<string>,
): void {
  if (methods.length === 0) throw invalid("fields", `accept no method for ${path} anonymized`);
  const unknown = seenBy.find((purpose) => !purposes.has(purpose));
  if (unknown !== undefined) {
    throw invalid("fields", `show ${path} anonymized to ${quoted(unknown)}, which is no purpose of the policy`);
  }
  const numeric = type === "number" || type === "integer";
  for (const method of methods) {
    if (method === "hash" || (method === "generalise" ? numeric || type === "timestamp" : type === "string")) continue;
    throw invalid("fields", `accept ${method} for ${path}, which is a ${type}`);
  }
  const generalised = methods.includes("generalise");
  if ((generalised && type === "timestamp") !== (to !== undefined)) {
    throw invalid(
      "fields",
      `accept generalise for ${path} without the finest unit of a timestamp, or a unit without it`,
    );
  }
  if (rotate !== undefined && !methods.includes("hash")) {
    throw invalid("fields", `give ${path} anonymized a rotation, without hash`);
  }
  if ((generalised && numeric) !== (step !== undefined)) {
    throw invalid("fields", `accept generalise for ${path} without the least step, or a step without it`);
  }
  if (step !== undefined && !(step > 0 && Number.isFinite(step))) {
    throw invalid("fields", `give ${path} anonymized a step that is not above 0`);
  }
  if (keep === undefined) return;
  if (!methods.includes("mask") && !methods.includes("truncate")) {
    throw invalid("fields", `give ${path} anonymized characters to keep, without mask or truncate`);
  }
  if (!Number.isInteger(keep) || keep < 0 || keep > MAX_KEEP) {
    throw invalid("fields", `give ${path} anonymized characters to keep that are not 0 to ${MAX_KEEP}`);
  }
}

function checkFields(fields: readonly FieldDeclaration[], purposes: ReadonlySet<string>): void {
  if (fields.length > MAX_FIELDS) throw invalid("fields", `must have at most ${MAX_FIELDS} entries`);
  const paths = new Set<string>();
  for (const { path, type, purposes: seenBy, description, anonymized = [] } of fields) {
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
    for (const use of anonymized) checkAnonymized(path, use, type, purposes);
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
