import { startPlatform, type Platform } from "../testkit/platform.ts";

/** What is measured on a whole platform of its own, which is stopped afterwards. */
export async function onPlatform<T>(measure: (platform: Platform) => Promise<T>): Promise<T> {
  const platform = await startPlatform();
  try {
    return await measure(platform);
  } finally {
    await platform.stop();
  }
}
