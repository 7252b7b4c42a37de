import type { DestinationKind } from "../destination.ts";
import { webhookOptions } from "./options.ts";
import { testWebhook } from "./test.ts";
import { WebhookWriter } from "./writer.ts";

// One message a call: its message id is the webhook-id, the same after a crash as before.
export const webhookKind: DestinationKind = {
  kind: "webhook",
  open: (options, context) => ({
    destination: new WebhookWriter(webhookOptions(options), context),
    gathering: { seconds: 0, messages: 1, bytes: 4 << 20 },
  }),
  test: testWebhook,
};
