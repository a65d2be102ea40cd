/**
 * Data path. The fields a proxy looks at, each with a small number, and the way from the bytes of
 * a name to that number. A name that is not here has id 0.
 */

/** Index = id. Order is free; 0 stays "unknown". */
export const KNOWN_FIELDS = [
  '',
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'keep-alive',
  'http2-settings',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'date',
  'server',
  'content-type',
  'location',
  'set-cookie',
  'cookie',
  'authorization',
  'proxy-authorization',
  'proxy-authenticate',
  'user-agent',
  'referer',
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'forwarded',
  'via',
  'x-accel-buffering',
  'x-accel-redirect',
  'x-accel-expires',
  'x-accel-limit-rate',
  'x-accel-charset',
  'x-pad',
  'etag',
  'last-modified',
  'vary',
  'content-encoding',
  'age',
  'range',
  'if-none-match',
  'if-modified-since',
  'origin',
  'refresh',
  'x-weir-explain',
] as const;

export type KnownField = (typeof KNOWN_FIELDS)[number];

/** The id of a name written here in lower case; for constants. */
export function fieldId(name: Exclude<KnownField, ''>): number {
  return KNOWN_FIELDS.indexOf(name);
}

export const F_HOST = fieldId('host');
export const F_CONNECTION = fieldId('connection');
export const F_CONTENT_LENGTH = fieldId('content-length');
export const F_TRANSFER_ENCODING = fieldId('transfer-encoding');
export const F_EXPECT = fieldId('expect');
export const F_UPGRADE = fieldId('upgrade');
export const F_VIA = fieldId('via');
export const F_TE = fieldId('te');
export const F_TRAILER = fieldId('trailer');
export const F_CONTENT_TYPE = fieldId('content-type');
export const F_X_ACCEL_BUFFERING = fieldId('x-accel-buffering');
export const F_X_ACCEL_REDIRECT = fieldId('x-accel-redirect');
export const F_X_ACCEL_LIMIT_RATE = fieldId('x-accel-limit-rate');
export const F_X_FORWARDED_FOR = fieldId('x-forwarded-for');
export const F_LOCATION = fieldId('location');
export const F_REFRESH = fieldId('refresh');
export const F_SET_COOKIE = fieldId('set-cookie');
export const F_DATE = fieldId('date');
export const F_SERVER = fieldId('server');
export const F_ETAG = fieldId('etag');
export const F_LAST_MODIFIED = fieldId('last-modified');
export const F_RANGE = fieldId('range');
/** A client asks what became of its request (`explain`). */
export const F_X_WEIR_EXPLAIN = fieldId('x-weir-explain');

/**
 * Lower-cases a letter and leaves "-" alone. Known names hold nothing else, and of the bytes that a
 * token may hold no other one becomes a letter or "-" by it.
 */
const CASE_BIT = 0x20;

export const MAX_KNOWN_LENGTH = Math.max(...KNOWN_FIELDS.map((name) => name.length));

// A name is looked up by length, first and last letter; the few that share all three are chained.
//   bucket = length · 4 + first · 7 + last · 29, modulo 512
const BUCKET_COUNT = 512;
const bucketHead = new Uint8Array(BUCKET_COUNT);
const bucketNext = new Uint8Array(KNOWN_FIELDS.length);

function bucketOf(length: number, first: number, last: number): number {
  return (length * 4 + first * 7 + last * 29) & (BUCKET_COUNT - 1);
}

const NAMES = KNOWN_FIELDS.map((name) => Buffer.from(name, 'latin1'));

for (const [id, name] of KNOWN_FIELDS.entries()) {
  if (id === 0) continue;
  const bucket = bucketOf(name.length, name.charCodeAt(0), name.charCodeAt(name.length - 1));
  bucketNext[id] = bucketHead[bucket] ?? 0;
  bucketHead[bucket] = id;
}

/** The id of the name in bytes[start..end), case ignored; 0 when it is not a known one. */
export function lookUpField(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length > MAX_KNOWN_LENGTH) return 0;
  const first = (bytes[start] as number) | CASE_BIT;
  const last = (bytes[end - 1] as number) | CASE_BIT;
  let id = bucketHead[bucketOf(length, first, last)] as number;
  while (id !== 0) {
    if (sameName(bytes, start, length, NAMES[id] as Uint8Array)) return id;
    id = bucketNext[id] as number;
  }
  return 0;
}

function sameName(bytes: Uint8Array, start: number, length: number, name: Uint8Array): boolean {
  if (name.length !== length) return false;
  for (let at = 0; at < length; at++) {
    if (((bytes[start + at] as number) | CASE_BIT) !== name[at]) return false;
  }
  return true;
}

// The same names in words of four bytes, for comparing them word by word: WORDS[id · 8 + k]. The last
// word overlaps the one before it.
const WORDS_PER_NAME = 8;
const WORD = 4;
const CASE_BITS = 0x20202020;
const LENGTHS = Uint8Array.from(NAMES, (name) => name.length);
const WORDS = new Int32Array(KNOWN_FIELDS.length * WORDS_PER_NAME);

for (const [id, name] of NAMES.entries()) {
  for (let k = 0; k * WORD < name.length && name.length >= WORD; k++) {
    WORDS[id * WORDS_PER_NAME + k] = name.readInt32LE(Math.min(k * WORD, name.length - WORD));
  }
}

/** As `lookUpField`, of a view. */
export function lookUpInView(view: DataView, start: number, end: number): number {
  const length = end - start;
  if (length > MAX_KNOWN_LENGTH) return 0;
  const first = view.getUint8(start) | CASE_BIT;
  const last = view.getUint8(end - 1) | CASE_BIT;
  let id = bucketHead[bucketOf(length, first, last)] as number;
  while (id !== 0) {
    if (sameWords(view, start, length, id)) return id;
    id = bucketNext[id] as number;
  }
  return 0;
}

function sameWords(view: DataView, start: number, length: number, id: number): boolean {
  if (LENGTHS[id] !== length) return false;
  if (length < WORD) {
    const name = NAMES[id] as Uint8Array;
    for (let at = 0; at < length; at++) {
      if ((view.getUint8(start + at) | CASE_BIT) !== name[at]) return false;
    }
    return true;
  }
  let word = id * WORDS_PER_NAME;
  const lastAt = start + length - WORD;
  for (let at = start; at < lastAt; at += WORD) {
    if ((view.getInt32(at, true) | CASE_BITS) !== WORDS[word]) return false;
    word += 1;
  }
  return (view.getInt32(lastAt, true) | CASE_BITS) === WORDS[word];
}

const idByName = new Map<string, number>(KNOWN_FIELDS.map((name, id) => [name, id]));

/** The id of a name held as a string, any case; for configuration and for fields we add. */
export function fieldIdOf(name: string): number {
  return idByName.get(name.toLowerCase()) ?? 0;
}
