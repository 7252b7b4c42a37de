import { ApiError } from "../errors/api-error.ts";

const NAME_LENGTH = 80;
const SLUG = /^[a-z][a-z0-9-]{0,62}$/;

export function invalid(field: string, problem: string): ApiError {
  return new ApiError("INVALID_INPUT", { field, problem });
}

/** A name for people: trimmed, 1 to 80 characters. */
export function nameOf(value: string): string {
  const name = value.trim();
  if (name === "" || name.length > NAME_LENGTH) throw invalid("name", `must have 1 to ${NAME_LENGTH} characters`);
  return name;
}

export function slugOf(field: string, value: string): string {
  if (!SLUG.test(value))
    throw invalid(field, "must be lower-case letters, digits and hyphens, beginning with a letter");
  return value;
}
