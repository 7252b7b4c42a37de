/** Posts one body to a source's events; the answer's status and JSON. */
export async function postEvents(
  endpoints: { readonly edge: string },
  source: string,
  writeKey: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${endpoints.edge}/v1/sources/${source}/events`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${writeKey}`, ...headers },
    body,
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>) };
}

/** A valid hit of the demo's access log source. */
export function logHit(id: string): Record<string, unknown> {
  return {
    id,
    type: "http.request",
    time: new Date().toISOString(),
    subject: "192.0.2.7",
    data: { request: { method: "GET", path: "/" }, response: { status: 200, bytes: 10 }, client: { ip: "192.0.2.7" } },
  };
}
