import { open, validate, type CityResponse } from "maxmind";
import type { GeoLookup, Place } from "../step.ts";

const CACHE_SIZE = 20_000;

/** Opens a MaxMind City database; rejects when the file can't be read as one. */
export async function openGeoip(file: string): Promise<GeoLookup> {
  const reader = await open<CityResponse>(file);
  let cache = new Map<string, Place | undefined>();
  return (address) => {
    if (cache.has(address)) return cache.get(address);
    const found = validate(address) ? reader.get(address) : null;
    const place: Place | undefined = found
      ? {
          country: found.country?.iso_code ?? null,
          city: found.city?.names.en ?? null,
          latitude: found.location?.latitude ?? null,
          longitude: found.location?.longitude ?? null,
        }
      : undefined;
    if (cache.size >= CACHE_SIZE) cache = new Map();
    cache.set(address, place);
    return place;
  };
}
