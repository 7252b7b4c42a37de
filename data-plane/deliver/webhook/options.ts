import type { WebhookOptions } from "@o2mc/schema/destinations/options.ts";
import { z } from "zod";

export const webhookOptions = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  secret: z.string().regex(/^whsec_[A-Za-z0-9+/]{16,}={0,2}$/, "is not whsec_ and base64"),
}) satisfies z.ZodType<WebhookOptions>;
