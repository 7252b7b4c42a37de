import { GraphQLError } from "graphql/index.js";
import { CATALOGUE, type ErrorCode } from "./catalogue.ts";

interface ApiErrorOptions {
  readonly cause?: Error;
  /** more fields for `extensions` */
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** An error of the catalogue, as the API answers it. */
export class ApiError extends GraphQLError {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, values: Readonly<Record<string, string>> = {}, options: ApiErrorOptions = {}) {
    const message = CATALOGUE[code].replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "");
    super(message, {
      extensions: { ...options.extensions, code },
      ...(options.cause === undefined ? {} : { originalError: options.cause }),
    });
    this.code = code;
  }
}
