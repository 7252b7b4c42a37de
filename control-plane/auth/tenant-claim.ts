/**
 * The tenant that a token is for. Keycloak's organizations come with `scope=organization`: as a list of aliases, or as an
 * object with an alias for each key where ids or attributes are mapped too. `o2mc_tenant` is a user's or a program's own
 * attribute, which only an administrator of the realm can set.
 *
 * Undefined when there is none, when there are several organizations and nothing to choose by, or when the two disagree: a
 * member of one organization has no business in another's tenant, whatever their attribute says.
 */
export function tenantOf(attribute: string | undefined, organization: unknown): string | undefined {
  const tenant = attribute === "" ? undefined : attribute;
  if (organization === undefined) return tenant;
  const aliases = aliasesOf(organization);
  if (tenant !== undefined) return aliases.includes(tenant) ? tenant : undefined;
  return aliases.length === 1 ? aliases[0] : undefined;
}

function aliasesOf(organization: unknown): readonly string[] {
  if (Array.isArray(organization)) return organization.filter((alias): alias is string => typeof alias === "string");
  return typeof organization === "object" && organization !== null ? Object.keys(organization) : [];
}
