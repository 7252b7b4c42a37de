import { test } from "vitest";
import { findKeycloak } from "./find-keycloak.ts";
import { startKeycloak } from "./keycloak-server.ts";
import { logInSuite } from "./log-in-suite.ts";

const found = await findKeycloak();

if ("missing" in found) test.skip(`log-in at Keycloak: not tested here, ${found.missing}`);
else logInSuite("log-in at Keycloak", (places) => startKeycloak(found.home, places));
