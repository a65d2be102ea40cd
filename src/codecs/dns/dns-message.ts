/**
 * Messages of DNS (RFC 1035 §4): one question out, the answers to it in. Bytes only. What a server
 * sends is not trusted: every length is checked, names have bounds, and pointers only go back.
 */

/** What may be asked for. */
export type DnsType = 'A' | 'AAAA' | 'SRV';

export interface DnsQuestion {
  /** Lower case, without the last dot. */
  readonly name: string;
  readonly type: DnsType;
}

/** One server of a service (RFC 2782). */
export interface DnsService {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  /** Lower case, without the last dot. */
  readonly target: string;
}

/** What a message says about the question. */
export type DnsAnswer =
  /** `addresses` of A and AAAA, `services` of SRV; both empty: the name has none (NODATA). */
  | {
      readonly kind: 'records';
      readonly addresses: readonly string[];
      readonly services: readonly DnsService[];
      /** The smallest of all records on the way; Infinity without any. */
      readonly ttlSec: number;
    }
  /** The name is another one's alias, whose records are not in this message. */
  | { readonly kind: 'alias'; readonly name: string; readonly ttlSec: number }
  /** It did not fit: ask by TCP. */
  | { readonly kind: 'truncated' }
  /** An RCODE that is not 0: 1 FORMERR, 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED. */
  | { readonly kind: 'refused'; readonly rcode: number }
  /** Not the answer to this question: another id or question, or no answer at all. */
  | { readonly kind: 'foreign' }
  /** The answer to this question, but it cannot be read. */
  | { readonly kind: 'malformed'; readonly why: string };

/** The longest message that UDP carries without extensions (RFC 1035 §2.3.4). */
export const MAX_UDP_BYTES = 512;
/** RCODE of a name that does not exist (RFC 1035 §4.1.1). */
export const NXDOMAIN = 3;

const HEADER_BYTES = 12;
const TYPES: Readonly<Record<DnsType, number>> = { A: 1, AAAA: 28, SRV: 33 };
const TYPE_CNAME = 5;
const CLASS_IN = 1;
const FLAG_ANSWER = 0x8000;
const FLAG_TRUNCATED = 0x0200;
const FLAG_RECURSION_DESIRED = 0x0100;
const OPCODE = 0x7800;
const RCODE = 0x000f;
const POINTER = 0xc0;
const MAX_LABEL_BYTES = 63;
/** With the lengths of its labels (RFC 1035 §2.3.4). */
const MAX_NAME_BYTES = 255;
/** Of one name; a name of 255 bytes cannot have more labels either. */
const MAX_POINTERS = 128;
/** Aliases of aliases within one message. */
const MAX_ALIASES = 16;

/** False: no message can ask for it (RFC 1035 §2.3.4). */
export function isDnsName(name: string): boolean {
  const labels = name.split('.');
  return (
    name.length + 2 <= MAX_NAME_BYTES &&
    labels.every((label) => /^[\x21-\x7e]{1,63}$/.test(label) && label.length <= MAX_LABEL_BYTES)
  );
}

/** The message that asks; recursion is desired. `question.name` must be `isDnsName`. */
export function encodeQuestion(id: number, { name, type }: DnsQuestion): Buffer {
  const message = Buffer.alloc(HEADER_BYTES + name.length + 2 + 4);
  message.writeUInt16BE(id, 0);
  message.writeUInt16BE(FLAG_RECURSION_DESIRED, 2);
  message.writeUInt16BE(1, 4);
  let at = HEADER_BYTES;
  for (const label of name.split('.')) {
    message[at] = label.length;
    at += 1 + message.write(label, at + 1, 'latin1');
  }
  message.writeUInt16BE(TYPES[type], at + 1);
  message.writeUInt16BE(CLASS_IN, at + 3);
  return message;
}

/**
 * What a message means for the question that was asked with that id. Never throws. `stream`: it
 * came by TCP, which has no longer form; then what says that it is cut off is all there is.
 */
export function decodeAnswer(
  message: Buffer,
  id: number,
  question: DnsQuestion,
  way: 'datagram' | 'stream' = 'datagram',
): DnsAnswer {
  try {
    return decode(new Reader(message), id, question, way === 'stream');
  } catch (error) {
    if (error instanceof Malformed) return { kind: 'malformed', why: error.message };
    throw error;
  }
}

function decode(reader: Reader, id: number, question: DnsQuestion, isStream: boolean): DnsAnswer {
  if (reader.bytes.length < HEADER_BYTES) return { kind: 'foreign' };
  const [sentId, flags, questions, answers] = [
    reader.u16(),
    reader.u16(),
    reader.u16(),
    reader.u16(),
  ];
  if (sentId !== id || (flags & FLAG_ANSWER) === 0 || (flags & OPCODE) !== 0) {
    return { kind: 'foreign' };
  }
  const rcode = flags & RCODE;
  // Some servers that refuse do not repeat the question; the id alone then has to do, and all that
  // a liar gets by it is that another server is asked. NXDOMAIN always repeats it.
  if (questions === 0 && rcode !== 0 && rcode !== NXDOMAIN) return { kind: 'refused', rcode };
  reader.at = HEADER_BYTES;
  if (questions !== 1 || !isQuestion(reader, question)) return { kind: 'foreign' };
  if (rcode !== 0) return { kind: 'refused', rcode };
  if ((flags & FLAG_TRUNCATED) !== 0 && !isStream) return { kind: 'truncated' };
  return gather(reader, answers, question);
}

function isQuestion(reader: Reader, { name, type }: DnsQuestion): boolean {
  try {
    return reader.name() === name && reader.u16() === TYPES[type] && reader.u16() === CLASS_IN;
  } catch (error) {
    if (error instanceof Malformed) return false;
    throw error;
  }
}

interface Found {
  readonly owner: string;
  readonly ttlSec: number;
  readonly address?: string;
  readonly service?: DnsService;
}

/** Records of the name and of what it is an alias of, in whatever order they stand. */
function gather(reader: Reader, count: number, question: DnsQuestion): DnsAnswer {
  const aliases = new Map<string, { readonly target: string; readonly ttlSec: number }>();
  const found: Found[] = [];
  for (let i = 0; i < count; i++) {
    const owner = reader.name();
    const [type, cls, ttlSec, length] = [reader.u16(), reader.u16(), reader.ttl(), reader.u16()];
    const end = reader.at + length;
    if (end > reader.bytes.length) throw new Malformed('a record ends behind the message');
    if (cls === CLASS_IN && type === TYPE_CNAME)
      aliases.set(owner, { target: reader.name(), ttlSec });
    else if (cls === CLASS_IN && type === TYPES[question.type]) {
      found.push({ owner, ttlSec, ...reader.data(question.type, length) });
    }
    reader.at = end;
  }
  let { name } = question;
  let ttlSec = Number.POSITIVE_INFINITY;
  let alias = aliases.get(name);
  for (let steps = 0; alias !== undefined; steps++) {
    if (steps === MAX_ALIASES) throw new Malformed('aliases without an end');
    name = alias.target;
    ttlSec = Math.min(ttlSec, alias.ttlSec);
    alias = aliases.get(name);
  }
  const own = found.filter(({ owner }) => owner === name);
  if (own.length === 0 && name !== question.name) return { kind: 'alias', name, ttlSec };
  for (const record of own) ttlSec = Math.min(ttlSec, record.ttlSec);
  const addresses = own.flatMap(({ address }) => (address === undefined ? [] : [address]));
  const services = own.flatMap(({ service }) => (service === undefined ? [] : [service]));
  return { kind: 'records', addresses: [...new Set(addresses)], services, ttlSec };
}

class Malformed extends Error {}

class Reader {
  readonly bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  u8(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new Malformed('it ends too early');
    return byte;
  }

  u16(): number {
    return this.u8() * 256 + this.u8();
  }

  /** A TTL with the highest bit set is 0 (RFC 2181 §8). */
  ttl(): number {
    const [high, low] = [this.u16(), this.u16()];
    return high >= 0x8000 ? 0 : high * 65_536 + low;
  }

  /** Lower case, without the last dot; `.` itself is ''. Pointers go back only, so they end. */
  name(): string {
    const labels: string[] = [];
    let size = 1;
    let end = -1;
    let floor = this.at;
    for (let pointers = 0; ; ) {
      const length = this.u8();
      if (length === 0) break;
      if (length >= POINTER) {
        const target = (length - POINTER) * 256 + this.u8();
        if (end < 0) end = this.at;
        if (target >= floor || target < HEADER_BYTES || ++pointers > MAX_POINTERS) {
          throw new Malformed('a name points to no earlier one');
        }
        floor = target;
        this.at = target;
        continue;
      }
      if (length > MAX_LABEL_BYTES) throw new Malformed('an unknown kind of label');
      size += length + 1;
      if (size > MAX_NAME_BYTES) throw new Malformed('a name is too long');
      const label = this.bytes.toString('latin1', this.at, this.at + length);
      if (label.length !== length) throw new Malformed('it ends too early');
      // A dot inside a label would be read as two labels from here on.
      if (/[^\x21-\x2d\x2f-\x7e]/.test(label)) throw new Malformed('a name has other than letters');
      labels.push(label.toLowerCase());
      this.at += length;
    }
    if (end >= 0) this.at = end;
    return labels.join('.');
  }

  data(type: DnsType, length: number): { address?: string; service?: DnsService } {
    if (type === 'SRV') {
      const [priority, weight, port] = [this.u16(), this.u16(), this.u16()];
      return { service: { priority, weight, port, target: this.name() } };
    }
    if (length !== (type === 'A' ? 4 : 16)) throw new Malformed('an address of a wrong length');
    if (type === 'A') return { address: [this.u8(), this.u8(), this.u8(), this.u8()].join('.') };
    return { address: ipv6Text(Array.from({ length: 8 }, () => this.u16())) };
  }
}

/** RFC 5952 §4.2: the longest run of two or more zero groups, the first of equals, is `::`. */
function ipv6Text(groups: readonly number[]): string {
  let best = { from: 0, length: 1 };
  for (let from = 0; from < groups.length; from++) {
    let length = 0;
    while (groups[from + length] === 0) length += 1;
    if (length > best.length) best = { from, length };
  }
  const text = groups.map((group) => group.toString(16));
  if (best.length < 2) return text.join(':');
  const before = text.slice(0, best.from).join(':');
  return `${before}::${text.slice(best.from + best.length).join(':')}`;
}
