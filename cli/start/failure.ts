/** What stops the launcher for a reason that its user can do something about: printed as it stands, exit code 1. */
export class Failure extends Error {
  override readonly name = "Failure";
}
