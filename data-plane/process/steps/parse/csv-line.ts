/**
 * The fields of one line of CSV (RFC 4180); undefined when a quote is out of place or not closed. Not csv-parse, which
 * sets up a parser of many lines for each text.
 */
export function csvLine(text: string, delimiter: string): readonly string[] | undefined {
  const line = text.replace(/\r?\n$/, "");
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    let end: number;
    if (line[at] === '"') {
      end = closingQuote(line, at + 1);
      if (end < 0) return undefined;
      fields.push(line.slice(at + 1, end).replaceAll('""', '"'));
      end++;
    } else {
      const next = line.indexOf(delimiter, at);
      end = next < 0 ? line.length : next;
      const field = line.slice(at, end);
      if (field.includes('"')) return undefined;
      fields.push(field);
    }
    if (end === line.length) return fields;
    if (line[end] !== delimiter) return undefined;
    at = end + 1;
  }
}

/** Two quotes in a field are one of its own. */
function closingQuote(line: string, from: number): number {
  for (let at = line.indexOf('"', from); at >= 0; at = line.indexOf('"', at + 2)) {
    if (line[at + 1] !== '"') return at;
  }
  return -1;
}
