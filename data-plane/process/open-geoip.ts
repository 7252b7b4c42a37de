import type { Logger } from "@o2mc/runtime/log.ts";
import { openGeoip } from "./steps/lookup/geoip.ts";
import type { GeoLookup } from "./steps/step.ts";

/** The geo database of the process. One that is named but can't be read ends the process; none at all is said once. */
export async function geoipOf(file: string | undefined, log: Logger): Promise<GeoLookup> {
  if (file === undefined) {
    let said = false;
    return () => {
      if (!said) log.warn("a pipeline looks up addresses, but O2MC_GEOIP_DB names no database: every place is unknown");
      said = true;
      return undefined;
    };
  }
  try {
    return await openGeoip(file);
  } catch (error) {
    log.fatal({ err: error, file }, "O2MC_GEOIP_DB is not a readable MaxMind database");
    process.exit(1);
  }
}
