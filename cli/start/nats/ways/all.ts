import { apt } from "./apt.ts";
import { goInstall } from "./go-install.ts";
import { pypi } from "./pypi.ts";
import { releasePage } from "./release-page.ts";
import type { Way } from "./way.ts";

/** In the order in which they are tried: what is checked by a public log or a distribution's signature comes first. */
export const WAYS: readonly Way[] = [goInstall, apt, pypi, releasePage];
