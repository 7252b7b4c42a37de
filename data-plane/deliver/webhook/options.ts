import { webhook, type WebhookOptions } from "@o2mc/schema/destinations/webhook.ts";
import { readOptions } from "@o2mc/schema/options/read-options.ts";

export const webhookOptions = (given: unknown): WebhookOptions => readOptions(webhook.options, given, webhook.kind);
