const VARIABLE = /^Variable "\$(\w+)" got invalid value /;
const REASON =
  /; (Field "\w+" (?:is not defined by type "\w+"|of required type "[\w![\]]+" was not provided)\.(?: Did you mean [\w", ]+\?)?)$/;

/**
 * Beginnings of graphql-js's and the scalars' sentences that go on with a value. Anchored, so that a value cannot pass for the
 * sentence around it.
 */
const QUOTING: readonly (readonly [RegExp, string])[] = [
  [/^(Expected value of type "[^"]+"), found .*$/s, "$1, found something else."],
  [/^((?:Enum )?"?\w+"?) cannot represent .*$/s, "$1 cannot represent the value."],
  [/^Value .* does not exist in ("\w+" enum\.)$/s, "The value does not exist in $1"],
  [/^(Argument "\w+") has invalid value .*$/s, "$1 has an invalid value."],
  [/^(Syntax Error: Expected [^"]*?), found .*$/s, "$1, found something else."],
  [/^(Syntax Error: Unexpected) .*$/s, "$1 token."],
  [/^(Syntax Error: Expected).*$/s, "$1 something else."],
];

/** A message about a request without the values in it: what somebody gave in a wrong place may be a secret, or somebody's data. */
export function withoutValues(message: string): string {
  const name = VARIABLE.exec(message)?.[1];
  if (name === undefined) return QUOTING.reduce((text, [pattern, instead]) => text.replace(pattern, instead), message);
  const [place = ""] = new RegExp(String.raw` at "${name}(?:\.\w+|\[\d+\])*"(?=; )`).exec(message) ?? [];
  const reason = REASON.exec(message)?.[1];
  return `Variable "$${name}" got an invalid value${place}${reason === undefined ? "." : `; ${reason}`}`;
}
