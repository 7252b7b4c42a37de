import type { TextFormat } from "../options/option.ts";
import type { OptionsOf } from "../options/options-of.ts";
import { destinationSpec } from "./destination-spec.ts";

const HTTP_ADDRESS: TextFormat = {
  fits: (text) => URL.canParse(text) && isWebAddress(new URL(text)),
  says: "an http or https address without a user's name",
};

/** A name before the host deceives readers, and a password there would be shown as the rest of the address is. */
const isWebAddress = ({ protocol, username, password }: URL): boolean =>
  /^https?:$/.test(protocol) && username === "" && password === "";
const SIGNING_SECRET: TextFormat = {
  fits: (text) => /^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/.test(text),
  says: "whsec_ and 24 to 64 bytes in base64",
};

export const webhook = destinationSpec({
  kind: "webhook",
  summary:
    'POSTs `{"output", "rows": [{"id", …}]}`, signed by Standard Webhooks (`webhook-id`, `webhook-timestamp`, ' +
    "`webhook-signature`). The `webhook-id` is the same at each attempt. Rows about one subject have a `subject_key`; " +
    'an erasure is `{"type": "erasure", "id", "output", "subject_key"}`, a test `{"type": "test", "output": "", "rows": []}`.',
  options: {
    url: { kind: "text", maxLength: 2048, format: HTTP_ADDRESS, description: "where the results are posted" },
    secret: {
      kind: "text",
      format: SIGNING_SECRET,
      secret: true,
      description: "signs each call; `whsec_` and base64, as in Standard Webhooks",
    },
  },
  example: { url: "https://shop.example/hooks/o2mc", secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" },
});

export type WebhookOptions = OptionsOf<typeof webhook.options>;
