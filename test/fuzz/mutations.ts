/** What a careless or hostile sender makes of a valid message: structure first, then bytes. */

import {
  MAX_EXTENSION_BYTES,
  MAX_EXTENSIONS_BYTES,
  MAX_HEAD_BYTES,
  MAX_REQUEST_LINE_BYTES,
  MAX_TRAILER_BYTES,
} from '#src/codecs/h1/limits.ts';
import { type Chunk, CRLF, type Draft, type FieldLine, fieldOf, render } from './draft.ts';
import { anyField, requestDraft, requestText, responseDraft, responseText } from './messages.ts';
import type { Random } from './random.ts';

export type Kind = 'request' | 'response';

/** Any text worth trying: a valid message, one changed in its parts, in its bytes, or in both. */
export function caseText(random: Random, kind: Kind): string {
  const way = random.next();
  if (way < 0.15) return validText(random, kind);
  if (way < 0.35) return mutated(random, validText(random, kind));
  const draft = kind === 'request' ? requestDraft(random) : responseDraft(random);
  for (let left = 1 + random.below(3); left > 0; left--) mutateParts(random, draft);
  let text = render(draft);
  if (random.chance(0.2)) text += validText(random, kind);
  if (random.chance(0.08)) text = spliced(random, text, validText(random, kind));
  return random.chance(0.25) ? mutated(random, text) : text;
}

function validText(random: Random, kind: Kind): string {
  return kind === 'request' ? requestText(random) : responseText(random);
}

/** Random bytes, behind a valid start line half the time. */
export function randomText(random: Random, kind: Kind): string {
  const start = kind === 'request' ? 'GET / HTTP/1.1\r\n' : 'HTTP/1.1 200 OK\r\n';
  return (random.chance(0.5) ? '' : start) + random.bytes(random.below(80));
}

type Mutation = (random: Random, draft: Draft) => void;

/** What to choose from, separated by "|". */
function choices(text: string): readonly [string, ...string[]] {
  return text.split('|') as [string, ...string[]];
}

const LINE_ENDS = choices('\n|\r|\r\r\n|\n\r|| \r\n|\0\r\n|\r\n\r\n|\r\n ');
const LENGTHS = choices(
  '5|0|+5|-5|0x5|5, 5|5,6|| |5 5|1e1|00005|5.0|9007199254740992|18446744073709551621|5\t|\v5|5;|"5"',
);
const CODINGS = choices(
  'chunked|CHUNKED|identity|gzip, chunked|chunked, chunked|chunked,|,chunked|xchunked|chunkedx|' +
    '\vchunked|chunked\t|\tchunked||gzip|chunked, gzip|chunked;a=b|"chunked"|chunked\0|chu nked',
);
const ODD_BYTES = choices(' |\t|\0|_|\x7f|:|\xe9|(|\v|\r|\n|,');
const COLONS = choices(' : | :|\t:|:\t|::||;|:\v|: \0|:\r\n |:\n ');
const SIZES = choices('+5|-5|0x5| 5|5 ||5_0|g|5.0|\t5|\v5');
const LONG_SIZES = choices('00000000000005|fffffffffffff|10000000000000005');
const EXTENSIONS = choices(
  `;|;;|;a=|;="b"|;a="b|;a="\\""| ;a|;a\0|;a\n|;a\r|,|;a=b c|\t|;\xe9|;${'e'.repeat(300)}|;a="\n"`,
);
const METHODS = choices(`|get|G ET|CONNECT|TRACE|PRI|<>|GET\t|${'x'.repeat(33)}|SOURCE|ANNOUNCE`);
const TARGETS = choices('|*|a|//a|/#|/\0|/\x7f|/\xff|http://|a:80|/%|/%0|http://a.test?b');
const VERSIONS = choices('HTTP/1|http/1.1|HTTP/1.10|HTTP/3.0|HTTP/1.1 ||ICY|RTSP/1.0|HTTP/1.0');
const STATUSES = choices('100|101|103|199|204|205|304|099|20|2000|2x0|999');
const GAPS = choices('|  |\t|\r|\n|\0|\v');
const CONNECTIONS = choices(
  'upgrade|close, close|,|content-length|te, ,|\0|transfer-encoding|host',
);
const BEFORE = choices('\r|\n| |\0|\r\n\r\n\r\n|\t|\r\n');
const SMUGGLED = choices('Content-Length|Transfer-Encoding|Host|Connection|Set-Cookie|x_Y|ETag');

/** A length just short of a limit, or just beyond it. */
function near(random: Random, limit: number): number {
  return limit - 20 + random.below(40);
}

/** Each makes something as long as a limit; rarely, for they cost a hundred usual cases. */
const HUGE: readonly Mutation[] = [
  (random, { start }) => {
    const isResponse = start[0].startsWith('HTTP');
    if (isResponse) start[2] = 'r'.repeat(near(random, 1_024 - 13));
    else start[1] = `/${'t'.repeat(near(random, MAX_REQUEST_LINE_BYTES - 14))}`;
  },
  (random, draft) => {
    const bytes = near(random, MAX_HEAD_BYTES - render({ ...draft, chunks: undefined }).length);
    putField(random, draft, fieldOf('X-Long', 'v'.repeat(Math.max(0, bytes))));
  },
  (random, draft) =>
    changeChunk(
      random,
      draft,
      'extension',
      () => `;${'e'.repeat(near(random, MAX_EXTENSION_BYTES))}`,
    ),
  (random, { chunks }) => {
    const extension = `;${'e'.repeat(near(random, MAX_EXTENSIONS_BYTES / 4))}`;
    const chunk = { size: '1', extension, sizeEnd: CRLF, data: 'x', dataEnd: CRLF };
    chunks?.unshift(chunk, chunk, chunk, chunk);
  },
  (random, { trailers }) => {
    trailers.push(fieldOf('X-Long', 'v'.repeat(near(random, MAX_TRAILER_BYTES - 12))));
  },
];

/** Each changes one thing; all are equally likely. */
const MUTATIONS: readonly Mutation[] = [
  // Fields: twice, gone, elsewhere, or others.
  (random, draft) => {
    const line = draft.fields[random.below(draft.fields.length)];
    if (line !== undefined) putField(random, draft, { ...line });
  },
  (random, { fields }) => void fields.splice(random.below(fields.length), 1),
  (random, draft) => {
    const [moved] = draft.fields.splice(random.below(draft.fields.length), 1);
    if (moved !== undefined) putField(random, draft, moved);
  },
  (random, draft) => putField(random, draft, anyField(random)),
  (random, draft) => putField(random, draft, fieldOf('Content-Length', random.pick(LENGTHS))),
  (random, draft) => putField(random, draft, fieldOf('Transfer-Encoding', random.pick(CODINGS))),
  (random, { fields }) => {
    for (const field of fields) {
      if (field.name === 'Content-Length') field.value = random.pick(LENGTHS);
      if (field.name === 'Transfer-Encoding') field.value = random.pick(CODINGS);
    }
  },
  (random, draft) => putField(random, draft, fieldOf('Connection', random.pick(CONNECTIONS))),
  (random, draft) => {
    putField(random, draft, fieldOf('Connection', 'upgrade'));
    putField(random, draft, fieldOf('Upgrade', random.pick(['websocket', 'h2c', 'a, b', ''])));
  },
  (random, draft) =>
    putField(random, draft, fieldOf('Host', random.pick(['b.test', 'a.test', '']))),
  (random, { fields }) => {
    if (random.chance(0.8)) return;
    for (let left = 90 + random.below(20); left > 0; left--) fields.push(fieldOf(`X-${left}`, ''));
  },
  // One field line: its name, whitespace, value, end.
  (random, draft) => changeField(random, draft, 'name', twisted),
  (random, draft) => changeField(random, draft, 'name', recased),
  (random, draft) => changeField(random, draft, 'colon', () => random.pick(COLONS)),
  (random, draft) => changeField(random, draft, 'value', twisted),
  (random, draft) => changeField(random, draft, 'end', () => random.pick(LINE_ENDS)),
  // The start line and the ends.
  (random, { start }) => {
    const isResponse = start[0].startsWith('HTTP');
    const part = random.below(4);
    if (part === 0) start[0] = random.pick(isResponse ? VERSIONS : METHODS);
    else if (part === 1) start[1] = random.pick(isResponse ? STATUSES : TARGETS);
    else if (part === 2) start[2] = random.pick(isResponse ? ODD_BYTES : VERSIONS);
    else start[1] = twisted(random, start[1]);
  },
  (random, { gaps }) => {
    gaps[random.below(2) as 0 | 1] = random.pick(GAPS);
  },
  (random, draft) => set(draft, 'startEnd', random.pick(LINE_ENDS)),
  (random, draft) => set(draft, 'headEnd', random.pick(LINE_ENDS)),
  (random, draft) => set(draft, 'before', random.pick(BEFORE)),
  // Chunks.
  (random, draft) => changeChunk(random, draft, 'size', () => random.pick(SIZES)),
  (random, draft) => changeChunk(random, draft, 'size', () => random.pick(LONG_SIZES)),
  (random, draft) => changeChunk(random, draft, 'extension', () => random.pick(EXTENSIONS)),
  (random, draft) => changeChunk(random, draft, 'sizeEnd', () => random.pick(LINE_ENDS)),
  (random, draft) => changeChunk(random, draft, 'dataEnd', () => random.pick(LINE_ENDS)),
  (random, draft) => changeChunk(random, draft, 'data', (_, data) => data + random.bytes(1)),
  (random, draft) => changeChunk(random, draft, 'data', (_, data) => data.slice(1)),
  (random, { chunks }) => void chunks?.splice(random.below(chunks.length), 1),
  // Trailers and what stands behind them.
  (random, { trailers }) => {
    trailers.push(fieldOf(random.pick(SMUGGLED), random.pick(LENGTHS)));
  },
  (random, { trailers }) => {
    const line = anyField(random);
    trailers.push(line);
    if (random.chance(0.5)) line.name = twisted(random, line.name);
    else line.end = random.pick(LINE_ENDS);
  },
  (random, draft) => set(draft, 'bodyEnd', random.pick(LINE_ENDS)),
  (random, draft) => set(draft, 'body', draft.body + random.bytes(1 + random.below(3))),
  (_random, draft) => set(draft, 'body', draft.body.slice(0, -1)),
  (random, draft) => {
    if (random.chance(0.25)) HUGE[random.below(HUGE.length)]?.(random, draft);
  },
];

function mutateParts(random: Random, draft: Draft): void {
  MUTATIONS[random.below(MUTATIONS.length)]?.(random, draft);
}

/** Puts the line anywhere among the others. */
function putField(random: Random, { fields }: Draft, line: FieldLine): void {
  fields.splice(random.below(fields.length + 1), 0, line);
}

type Change = (random: Random, old: string) => string;

function changeField(random: Random, { fields }: Draft, part: keyof FieldLine, to: Change): void {
  const line = fields[random.below(fields.length)];
  if (line !== undefined) line[part] = to(random, line[part]);
}

function changeChunk(random: Random, { chunks }: Draft, part: keyof Chunk, to: Change): void {
  const chunk = chunks?.[random.below(chunks.length)];
  if (chunk !== undefined) chunk[part] = to(random, chunk[part]);
}

type EndOf = 'before' | 'startEnd' | 'headEnd' | 'body' | 'bodyEnd';

function set(draft: Draft, part: EndOf, text: string): void {
  draft[part] = text;
}

/** With a byte that does not belong there, at the beginning, the end or within. */
function twisted(random: Random, text: string): string {
  const at = random.pick([0, text.length, random.below(text.length + 1)]);
  return text.slice(0, at) + random.pick(ODD_BYTES) + text.slice(at);
}

function recased(random: Random, name: string): string {
  let out = '';
  for (const char of name) out += random.chance(0.5) ? char.toUpperCase() : char.toLowerCase();
  return out;
}

/** The beginning of one and the end of the other; or one within the other. */
function spliced(random: Random, text: string, other: string): string {
  const at = random.below(text.length + 1);
  const end = random.chance(0.5) ? text.slice(at) : '';
  return text.slice(0, at) + other.slice(random.below(other.length + 1)) + end;
}

const HOSTILE = choices('\r|\n|\r\n|\0| |\t|:|;|,|#|%|"|\x7f|\v|\x80');

/** One to four changes: bytes and lines dropped, doubled, moved, replaced or put in. */
export function mutated(random: Random, text: string): string {
  let out = text;
  for (let left = 1 + random.below(4); left > 0; left--) out = mutatedOnce(random, out);
  return out;
}

function mutatedOnce(random: Random, text: string): string {
  const at = random.below(text.length + 1);
  const before = text.slice(0, at);
  const length = random.chance(0.7) ? 1 : random.below(12);
  switch (random.below(8)) {
    case 0:
      return before + text.slice(at + length);
    case 1:
      return text.slice(0, at + length) + text.slice(at);
    case 2:
      return before + random.pick(HOSTILE) + text.slice(at);
    case 3:
      return before + random.pick(HOSTILE) + text.slice(at + 1);
    case 4:
      return before + random.below(10) + text.slice(at + random.below(2));
    case 5:
      return before + random.bytes(1) + text.slice(at + 1);
    case 6: {
      const lines = text.split(CRLF);
      lines.splice(random.below(lines.length), 0, lines[random.below(lines.length)] ?? '');
      return lines.join(CRLF);
    }
    default:
      return before;
  }
}
