import { DatabaseError } from "pg";
import { NotConnected } from "../destination.ts";
import { outgoingError } from "../outgoing-error.ts";

/** SQLSTATE classes of data that the table can't hold: data exception, integrity constraint. */
export function isDataError(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && /^2[23]/.test(error.code ?? "");
}

// Connection exception, insufficient resources, operator intervention, system error, bad log-in, no such database, no
// privilege: nothing that another row would change; somebody puts it right and the rows go on.
const ENVIRONMENT = /^(?:08|53|57P|58|28|3D|42501|25006)/;

/** Sorts what a connection or statement threw: SQLSTATE by class; what has none came from the connection. */
export function typed(error: unknown): unknown {
  if (!(error instanceof DatabaseError)) {
    return outgoingError(error) ?? new NotConnected("postgres.unreachable", "PostgreSQL can't be reached", error);
  }
  if (ENVIRONMENT.test(error.code ?? "")) {
    return new NotConnected(`postgres.${error.code}`, "PostgreSQL refuses the delivery", error);
  }
  return error;
}
