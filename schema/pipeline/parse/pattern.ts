import { RE2JS } from "re2js";
import { PATTERNS } from "./pattern-library.ts";

/** `%{NAME}` or `%{NAME:capture}`. */
const REFERENCE = /%\{([^{}:]*)(?::([^{}]*))?\}/g;
const CAPTURE = /^[A-Za-z_][\w.]{0,63}$/;
/** RE2 instructions: what a pattern takes in memory, and in time for each character of a text */
const MAX_SIZE = 3000;
const MAX_DEPTH = 8;

export interface Pattern {
  readonly regex: RE2JS;
  /** in order; the group of the i-th is named `groupOf(i)` */
  readonly captures: readonly string[];
}

/** What is wrong with a pattern. The message is a clause that goes on from its name. */
export class PatternError extends Error {
  override readonly name = "PatternError";
}

export const groupOf = (capture: number): string => `capture${capture}`;

/** @throws PatternError */
export function compilePattern(text: string): Pattern {
  const captures: string[] = [];
  const source = text.replaceAll(REFERENCE, (_, name: string, capture: string | undefined) => {
    const definition = expand(name, 0);
    if (capture === undefined) return `(?:${definition})`;
    if (!CAPTURE.test(capture)) throw new PatternError(`has a capture ${JSON.stringify(capture)}, which is no name`);
    if (captures.includes(capture)) throw new PatternError(`captures ${capture} twice`);
    return `(?P<${groupOf(captures.push(capture) - 1)}>${definition})`;
  });
  return { regex: compile(source), captures };
}

function expand(name: string, depth: number): string {
  const definition = Object.hasOwn(PATTERNS, name) ? PATTERNS[name] : undefined;
  if (definition === undefined || depth > MAX_DEPTH) {
    throw new PatternError(`names ${JSON.stringify(name)}, which is none of ${Object.keys(PATTERNS).join(", ")}`);
  }
  return definition.replaceAll(REFERENCE, (_, inner: string) => `(?:${expand(inner, depth + 1)})`);
}

function compile(source: string): RE2JS {
  let regex: RE2JS;
  try {
    regex = RE2JS.compile(source);
  } catch (error) {
    throw new PatternError(`is none: ${error instanceof Error ? error.message : "unreadable"}`, { cause: error });
  }
  const size = regex.programSize();
  if (size > MAX_SIZE) throw new PatternError(`takes ${size} instructions, of ${MAX_SIZE}`);
  return regex;
}
