/** An address or folder that the platform does not touch in a tenant's name; the message is a sentence for the tenant. */
export class OutgoingRefused extends Error {
  override readonly name = "OutgoingRefused";
  readonly code: "outgoing.address-refused" | "outgoing.folder-refused";

  constructor(code: OutgoingRefused["code"], message: string) {
    super(message);
    this.code = code;
  }
}
