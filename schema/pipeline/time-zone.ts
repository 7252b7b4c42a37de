/** Whether the runtime knows the time zone: an IANA name or an offset such as `+01:30`. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
