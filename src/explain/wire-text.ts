/** Messages as they stand in memory → their parts. What wrote them is our own encoder. */

/** Start line, fields and body of a message; texts of one char per byte. */
export interface WireMessage {
  readonly startLine: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** Length of it all. */
  readonly length: number;
}

const HEAD_END = '\r\n\r\n';

/** Undefined when it is not complete yet. `hasBody`: false of an answer to HEAD. */
export function readMessage(text: string, hasBody = true): WireMessage | undefined {
  const headEnd = text.indexOf(HEAD_END);
  if (headEnd < 0) return undefined;
  const [startLine = '', ...lines] = text.slice(0, headEnd).split('\r\n');
  const fields = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
  });
  const start = headEnd + HEAD_END.length;
  if (!hasBody) return { startLine, fields, body: '', length: start };
  if (valueOf(fields, 'transfer-encoding') !== undefined) {
    const read = readChunks(text, start);
    return read && { startLine, fields, ...read };
  }
  const length = start + Number(valueOf(fields, 'content-length') ?? 0);
  if (text.length < length) return undefined;
  return { startLine, fields, body: text.slice(start, length), length };
}

function readChunks(text: string, start: number): { body: string; length: number } | undefined {
  let body = '';
  for (let at = start; ; ) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    if (size === 0) {
      // Trailers, and the empty line behind them.
      const end = text.indexOf(HEAD_END, at);
      return end < 0 ? undefined : { body, length: end + HEAD_END.length };
    }
    body += text.slice(lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + 2 + size + 2;
  }
}

/** The first value of a field; its name in lower case. */
export function valueOf(
  fields: readonly (readonly [name: string, value: string])[],
  name: string,
): string | undefined {
  return fields.find(([other]) => other.toLowerCase() === name)?.[1];
}
