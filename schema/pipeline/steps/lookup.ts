/** Adds `<into>.country` (ISO code), `<into>.city`, `<into>.latitude`, `<into>.longitude` of the address in `field`; null when unknown. */
export interface LookupOptions {
  readonly geoip: { readonly field: string; readonly into: string };
}
