// The ways of reading HTTP/1.1 that servers are known for, one by one: what each of them forgives is
// what a smuggled request lives on. Read by lenient-reader.ts.

/** A field, its name in lower case. */
export type Field = readonly [name: string, value: string];

/** One way to read a stream of requests. */
export interface Policy {
  readonly name: string;
  /** What ends a line. */
  readonly lineEnd: RegExp;
  /** A line that begins with white space: part of the value before it, or a field of its own. */
  readonly fold: 'joins' | 'is a field';
  /** What is left of a field name, in lower case. */
  fieldName(name: string): string;
  /** What is left of a field value. */
  value(value: string): string;
  /** `Transfer-Encoding` values (never empty) that mean chunked. */
  isChunked(values: readonly string[]): boolean;
  /** The length that `Content-Length` values (never empty) give; undefined ignores them. */
  length(values: readonly string[]): number | undefined;
  /** When there are both. */
  readonly wins: 'coding' | 'length';
  /** Transfer-Encoding means nothing in a request of HTTP/1.0. */
  readonly knowsVersions: boolean;
  /** Digits of a chunk-size line → size; undefined when it cannot be read. */
  chunkSize(line: string): number | undefined;
  /** What ends a chunk-size line. */
  readonly chunkLineEnd: RegExp;
  /** What stands behind chunk data: CRLF, any two bytes, or a line end that may be missing. */
  readonly chunkEnd: 'crlf' | 'two bytes' | 'optional';
  /** Field lines may follow the last chunk. */
  readonly readsTrailers: boolean;
  /** A request line without a version is a whole request (HTTP/0.9). */
  readonly takesOldest: boolean;
}

const CRLF = /\r\n/g;
const ANY_LF = /\r?\n/g;
const ANY_END = /\r\n|\r|\n/g;

const trim = (text: string): string => text.replace(/^[ \t]+|[ \t]+$/g, '');
const decimal = (text: string): number | undefined =>
  /^\d+$/.test(text) ? Number(text) : undefined;

/** As a C program reads a number: as far as it goes. */
const prefix = (text: string, base: number): number | undefined => {
  const value = Number.parseInt(text.replace(/^[^\w+-]+/, ''), base);
  return Number.isNaN(value) ? undefined : Math.abs(value);
};

/** RFC 9112, without the refusals. */
const RFC: Policy = {
  name: 'RFC 9112',
  lineEnd: CRLF,
  fold: 'joins',
  fieldName: (name) => name.toLowerCase(),
  value: trim,
  isChunked: (values) => /(^|,)[ \t]*chunked$/i.test(values.join(',')),
  length: (values) => decimal(values[0] ?? ''),
  wins: 'coding',
  knowsVersions: false,
  chunkSize: (line) => (/^[0-9a-f]+(;|$)/i.test(line) ? Number.parseInt(line, 16) : undefined),
  chunkLineEnd: CRLF,
  chunkEnd: 'crlf',
  readsTrailers: true,
  takesOldest: false,
};

/** The readers that must agree about what an origin is sent. */
export const PANEL: readonly Policy[] = [
  RFC,
  {
    ...RFC,
    name: 'any coding with "chunked" in it is chunked',
    isChunked: (values) => values.some((value) => /chunked/i.test(value)),
  },
  { ...RFC, name: 'any coding at all is chunked', isChunked: () => true },
  {
    ...RFC,
    name: 'the first coding counts',
    isChunked: ([first = '']) => /^chunked\b/i.test(first),
  },
  { ...RFC, name: 'Content-Length wins', wins: 'length' },
  {
    ...RFC,
    name: 'the last Content-Length wins, as far as its number goes',
    wins: 'length',
    length: (values) => prefix(values.join(',').split(',').at(-1) ?? '', 10),
  },
  {
    ...RFC,
    name: 'the first Content-Length, as far as its number goes',
    length: (values) => prefix(values.join(','), 10),
  },
  {
    ...RFC,
    name: 'the first Content-Length, in any notation',
    wins: 'length',
    length: (values) => {
      const value = Number(values[0]);
      return Number.isInteger(value) && value >= 0 ? value : undefined;
    },
  },
  { ...RFC, name: 'bare LF ends a line', lineEnd: ANY_LF, chunkLineEnd: ANY_LF },
  { ...RFC, name: 'bare CR ends a line', lineEnd: ANY_END, chunkLineEnd: ANY_END },
  {
    ...RFC,
    name: 'white space around a name does not count',
    fieldName: (name) => trim(name).toLowerCase(),
  },
  {
    ...RFC,
    name: 'a folded line is a field',
    fold: 'is a field',
    fieldName: (name) => trim(name).toLowerCase(),
  },
  {
    ...RFC,
    name: 'of a name, letters, digits and hyphens count',
    fieldName: (name) =>
      name
        .toLowerCase()
        .replaceAll('_', '-')
        .replace(/[^a-z0-9-]/g, ''),
  },
  {
    ...RFC,
    name: 'CGI variables: what is no letter or digit becomes the same',
    fieldName: (name) => name.toLowerCase().replace(/[^a-z0-9]/g, '-'),
  },
  {
    ...RFC,
    name: 'NUL ends a string (C)',
    fieldName: (name) => name.replace(/\0.*$/s, '').toLowerCase(),
    value: (value) => trim(value.replace(/\0.*$/s, '')),
  },
  {
    ...RFC,
    name: 'control bytes and U+00A0 are white space',
    fieldName: (name) =>
      name.replace(/^[\0-\x20\x7f-\xa0]+|[\0-\x20\x7f-\xa0]+$/g, '').toLowerCase(),
    value: (value) => value.replace(/^[\0-\x20\x7f-\xa0]+|[\0-\x20\x7f-\xa0]+$/g, ''),
  },
  { ...RFC, name: 'no Transfer-Encoding in HTTP/1.0', knowsVersions: true },
  {
    ...RFC,
    name: 'a chunk size as far as its number goes',
    chunkSize: (line) => prefix(line, 16),
    chunkEnd: 'optional',
  },
  {
    ...RFC,
    name: 'a chunk size of 32 bits',
    chunkSize: (line) =>
      /^[0-9a-f]+/i.test(line)
        ? Number(BigInt(`0x${/^[0-9a-f]+/i.exec(line)?.[0]}`) & 0xffff_ffffn)
        : undefined,
  },
  { ...RFC, name: 'bare LF ends a chunk-size line (TERM.EXT)', chunkLineEnd: ANY_LF },
  { ...RFC, name: 'bare CR ends a chunk-size line', chunkLineEnd: ANY_END },
  { ...RFC, name: 'any two bytes behind chunk data (EXT.TERM)', chunkEnd: 'two bytes' },
  { ...RFC, name: 'a line end behind chunk data may be missing', chunkEnd: 'optional' },
  { ...RFC, name: 'no trailers', readsTrailers: false },
  { ...RFC, name: 'a line without version is a request (HTTP/0.9)', takesOldest: true },
];

/** What the lenient origin answers by: it forgives most of the above at once. */
export const MOST_LENIENT: Policy = {
  ...RFC,
  name: 'forgives everything',
  lineEnd: ANY_LF,
  fieldName: (name) =>
    name
      .toLowerCase()
      .replace(/[^a-z0-9]/g, '-')
      .replace(/^-+|-+$/g, ''),
  isChunked: (values) => values.some((value) => /chunked/i.test(value)),
  length: (values) => prefix(values[0] ?? '', 10),
  chunkSize: (line) => prefix(line, 16),
  chunkLineEnd: ANY_LF,
  chunkEnd: 'optional',
};
