import type { NatsConnection } from "@nats-io/transport-node";
import type { Outgoing } from "@o2mc/runtime/outgoing/outgoing.ts";
import type { SealedReader } from "@o2mc/runtime/sealed.ts";
import type { DestinationTestAnswer, DestinationTestRequest } from "@o2mc/schema/destinations/destination-test.ts";
import { DESTINATION_TESTS, destinationTestAnswer } from "@o2mc/schema/subjects.ts";
import { testDestination } from "./test-destination.ts";

/** of one tenant at once: a test is no way to look around in the internet */
const MOST_AT_ONCE = 2;

interface Options {
  readonly tenant: string;
  readonly connection: NatsConnection;
  readonly sealed: SealedReader;
  /** where this tenant's results may go */
  readonly outgoing: Outgoing;
}

/** Tests destinations when the control plane asks for it; of several processes one answers. Returns the function that ends it. */
export function answerTests({ tenant, connection, sealed, outgoing }: Options): () => void {
  let running = 0;
  const test = async (request: DestinationTestRequest): Promise<DestinationTestAnswer> => {
    if (running >= MOST_AT_ONCE) return refusal("busy", "Too many tests are running; try again in a moment.");
    let options: unknown;
    try {
      options = JSON.parse(sealed.open(request, [tenant, DESTINATION_TESTS, request.id]));
    } catch {
      return refusal("bad-options", "The destination's options could not be opened where they are used.");
    }
    running++;
    try {
      return await testDestination(options, outgoing);
    } finally {
      running--;
    }
  };
  const subscription = connection.subscribe(DESTINATION_TESTS, {
    queue: "deliver",
    callback: (error, message) => {
      const request = error === null ? parse(message.data) : undefined;
      if (request === undefined) return;
      void test(request).then((answer) => {
        if (!connection.isClosed()) connection.publish(destinationTestAnswer(request.id), JSON.stringify(answer));
      });
    },
  });
  return () => subscription.unsubscribe();
}

const refusal = (code: DestinationTestAnswer["code"], message: string): DestinationTestAnswer => ({
  v: 1,
  code,
  message,
  server: null,
  milliseconds: 0,
});

function parse(data: Uint8Array): DestinationTestRequest | undefined {
  try {
    const value = JSON.parse(new TextDecoder().decode(data)) as Partial<DestinationTestRequest> | null;
    const usable = typeof value?.id === "string" && /^[A-Za-z0-9_-]{16,64}$/.test(value.id);
    return usable ? (value as DestinationTestRequest) : undefined;
  } catch {
    return undefined;
  }
}
