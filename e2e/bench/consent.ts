import { jetstream, StorageType } from "@nats-io/jetstream";
import { openTenantHub } from "../testkit/tenant-hub.ts";
import { startPlatform } from "../testkit/platform.ts";
import { webSource } from "./ingest.ts";
import { postFor } from "./load.ts";
import { measurement, median, type Benchmark } from "./measurement.ts";

const ROUNDS = 3;
const SECONDS = 4;
const CONNECTIONS = 64;
const YARDSTICK_STREAM = "BENCH";

/**
 * Consent of a new subject each time, stored with its chained receipt, against bare publishes of as many bytes to the
 * same hub, one after the other's PubAck (each an fsync); in turn.
 */
export const consent: Benchmark = {
  names: ["consent.put"],
  run: async () => {
    const platform = await startPlatform();
    const hub = await openTenantHub(platform, "demo");
    try {
      const { url, writeKey } = await webSource(platform.endpoints);
      const headers = { "content-type": "application/json", authorization: `Bearer ${writeKey}` };
      const body = JSON.stringify({ purposes: ["analytics"], policyVersion: 1 });
      const { nc, jsm } = hub.connection;
      await jsm.streams.add({ name: YARDSTICK_STREAM, subjects: ["bench"], storage: StorageType.File });
      const ours: number[] = [];
      const bare: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const target = {
          url: `${url.replace(/events$/, "consent")}/`,
          path: (i: number) => `subject-${round}-${i}`,
          method: "PUT" as const,
          headers,
          body: () => body,
        };
        ours.push(await postFor(target, CONNECTIONS, SECONDS));
        const js = jetstream(nc);
        const receipt = "x".repeat(700);
        const end = performance.now() + SECONDS * 1000;
        let published = 0;
        for (; performance.now() < end; published++) await js.publish("bench", receipt);
        bare.push(published / SECONDS);
      }
      return [measurement("consent.put", median(ours), "consents/s", "bare PubAcks, one by one", median(bare))];
    } finally {
      await hub.close();
      await platform.stop();
    }
  },
};
