import { runningPlatform, type Platform } from "./platform.ts";

/**
 * The platform that scenarios share which kill nothing and revoke nothing of the demo's own. What others have sent is in it:
 * use sources, subjects and names of your own.
 */
export async function sharedPlatform(): Promise<Platform> {
  const response = await fetch(process.env["O2MC_E2E_SHARED_PLATFORM"] ?? "");
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return runningPlatform(text);
}
