import { ACTIONS, isScope, ROLES, type Action } from "./actions.ts";

/** The table of roles and actions as a page: `ROLES.md`, which `npm run roles:print` renews. */
export function rolesPage(): string {
  const rows = (Object.keys(ACTIONS) as Action[]).map((action) => {
    const allowed: readonly string[] = ACTIONS[action];
    return [
      `\`${action}\``,
      ...ROLES.map((role) => (allowed.includes(role) ? "yes" : "")),
      isScope(action) ? "yes" : "",
    ];
  });
  const table = [["Action", ...ROLES, "a machine token's scope"], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  const [head = [], ...body] = table;
  const rule = widths.map((width) => "-".repeat(width));
  return `# Who may do what

Printed from \`actions.ts\` by \`npm run roles:print\`; a test holds the two together. A person has the roles that an owner of
the tenant gave, else those that the issuer claims ([why](../decisions/0002-roles-of-members.md)). \`tenant.\` actions need a token of the
platform itself. What no token's scope allows is for people alone to answer for.

${[line(head), line(rule), ...body.map(line)].join("\n")}
`;
}
