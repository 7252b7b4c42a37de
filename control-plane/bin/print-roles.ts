import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { rolesPage } from "../auth/roles-page.ts";

writeFileSync(join(import.meta.dirname, "../auth/ROLES.md"), rolesPage());
