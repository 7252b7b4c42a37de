import { existsSync } from "node:fs";
import { join } from "node:path";
import type { DataFolder } from "./data-folder.ts";

/** A geo-IP database for the lookup step: the environment's, the data folder's, or the shared test database's. */
export function findGeoip(environment: NodeJS.ProcessEnv, data: DataFolder, repository: string): string | undefined {
  const shared = environment["O2MC_SHARED"] ?? join(repository, "../shared");
  const places = [environment["O2MC_GEOIP_DB"], data.file("geoip.mmdb"), join(shared, "data/GeoIP2-City-Test.mmdb")];
  return places.find((place) => place !== undefined && existsSync(place));
}
