import { functionGroup } from "./function-spec.ts";

const part = <const N extends string>(name: N, summary: string, example: readonly [string, string]) =>
  ({
    name: `url.${name}`,
    summary,
    signatures: [`url.${name}(string): string`] as readonly `url.${N}(string): string`[],
    examples: [example],
  }) as const;

export const urls = functionGroup({
  title: "URLs",
  functions: [
    part("scheme", "Lower-case, without the colon; null when the text is no absolute URL (WHATWG).", [
      'url.scheme("HTTPS://a.example/")',
      '"https"',
    ]),
    part("host", "Lower-case, international names in punycode, without the port; null when there is none.", [
      'url.host("https://Shop.Example:8443/a")',
      '"shop.example"',
    ]),
    part(
      "registrableDomain",
      "The domain that somebody could register, by the public suffix list of this release (ICANN's part); of a URL or a " +
        "host name. Null for addresses and suffixes.",
      ['url.registrableDomain("https://www.shop.co.uk/a")', '"shop.co.uk"'],
    ),
    {
      name: "url.port",
      summary: "As written, or what the scheme (http, https, ws, wss, ftp) stands for; else null.",
      signatures: ["url.port(string): integer"],
      examples: [['url.port("https://a.example/")', "443"]],
    },
    part("path", "Of an absolute or a relative URL, in its normal form; begins with a slash.", [
      'url.path("/a/../b?c=d")',
      '"/b"',
    ]),
    part("query", "Without the question mark; empty when there is none.", ['url.query("/b?c=d#e")', '"c=d"']),
    part("fragment", "Without the `#`; empty when there is none.", ['url.fragment("/b?c=d#e")', '"e"']),
    {
      name: "url.parameter",
      summary: "The first query parameter of a name, decoded; null when there is none.",
      signatures: ["url.parameter(string, string): string"],
      examples: [['url.parameter("/b?c=d%20e+f", "c")', '"d e f"']],
    },
    {
      name: "url.decode",
      summary: "Percent-decoded; null when it is not UTF-8.",
      signatures: ["url.decode(string): string"],
      examples: [['url.decode("a%20b")', '"a b"']],
    },
    {
      name: "url.encode",
      summary: "Percent-encoded for use as one part of a URL.",
      signatures: ["url.encode(string): string"],
      examples: [['url.encode("a b&c")', '"a%20b%26c"']],
    },
  ],
});
