import { startDevelopmentIssuer } from "./development-issuer.ts";
import { logInSuite } from "./log-in-suite.ts";

logInSuite("log-in at the development issuer", startDevelopmentIssuer);
