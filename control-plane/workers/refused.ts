/** A sentence for the operator: what was asked cannot be done. */
export class WorkerRefused extends Error {
  override readonly name = "WorkerRefused";
}
