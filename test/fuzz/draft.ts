/**
 * A message in its parts, as a sender wrote them or meant to: mutations change a part and know what
 * it is. `render` puts the parts together without asking whether they fit.
 */

export const CRLF = '\r\n';

/** One field line; `colon` holds the whitespace around the colon as well. */
export interface FieldLine {
  name: string;
  colon: string;
  value: string;
  end: string;
}

export interface Chunk {
  size: string;
  extension: string;
  sizeEnd: string;
  data: string;
  dataEnd: string;
}

export interface Draft {
  /** Empty lines in front. */
  before: string;
  /** Method, target, version; or version, status, reason. */
  start: [string, string, string];
  gaps: [string, string];
  startEnd: string;
  fields: FieldLine[];
  headEnd: string;
  /** What stands behind the head when there are no chunks. */
  body: string;
  /** The last one has no data; undefined: not in chunks. */
  chunks: Chunk[] | undefined;
  trailers: FieldLine[];
  bodyEnd: string;
}

/** The bytes of a message, one char each. */
export function render(draft: Draft): string {
  const { before, body, bodyEnd, chunks, fields, gaps, headEnd, start, startEnd, trailers } = draft;
  let text = before + start[0] + gaps[0] + start[1] + gaps[1] + start[2] + startEnd;
  text += lines(fields) + headEnd;
  if (chunks === undefined) return text + body;
  for (const { data, dataEnd, extension, size, sizeEnd } of chunks) {
    text += size + extension + sizeEnd + data + dataEnd;
  }
  return text + lines(trailers) + bodyEnd;
}

/** Field lines as they are written, one after the other. */
export function lines(fields: readonly FieldLine[]): string {
  let text = '';
  for (const { colon, end, name, value } of fields) text += name + colon + value + end;
  return text;
}

/** A field line as it is usually written. */
export function fieldOf(name: string, value: string): FieldLine {
  return { name, colon: ': ', value, end: CRLF };
}
