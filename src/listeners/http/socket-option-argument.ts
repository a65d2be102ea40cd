/** The words of `listen` that are options of the socket. */
import type { SocketOptions } from '#src/base/socket-options.ts';
import {
  parseInteger,
  parseSizeWord,
  parseTimeWord,
  reportInvalid,
} from '#src/schema/arguments.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import type { Word } from '#src/schema/tree.ts';

const NAMES: ReadonlySet<string> = new Set([
  'deferred',
  'fastopen',
  'rcvbuf',
  'sndbuf',
  'so_keepalive',
]);
const MAX_QUEUE = 65_535;
/** What the system takes for TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT (tcp(7)). */
const MAX_KEEPALIVE = '32767s';
const MAX_PROBES = 127;
const SECOND_MS = 1000;

/** Whether the word is one of them. */
export function isSocketOption(text: string): boolean {
  return NAMES.has(text.split('=')[0] ?? '');
}

/** Reads one; undefined after reporting what is wrong with it. */
export function parseSocketOption(word: Word, context: ParseContext): SocketOptions | undefined {
  const [name = ''] = word.text.split('=', 1);
  const value = { ...word, text: word.text.slice(name.length + 1) };
  const isBare = word.text === name;
  if (name === 'deferred') {
    return isBare
      ? { isDeferred: true }
      : reportInvalid(context, word, 'parameter', 'write "deferred"');
  }
  switch (name) {
    case 'fastopen': {
      const fastopen = parseInteger(value, context, { min: 1, max: MAX_QUEUE });
      return fastopen === undefined ? undefined : { fastopen };
    }
    case 'rcvbuf': {
      const receiveBytes = parseSizeWord(value, context, { max: '1g' });
      return receiveBytes === undefined ? undefined : { receiveBytes };
    }
    case 'sndbuf': {
      const sendBytes = parseSizeWord(value, context, { max: '1g' });
      return sendBytes === undefined ? undefined : { sendBytes };
    }
    default:
      return parseKeepalive(value, word, context);
  }
}

/** `on`, `off`, or `[idle]:[interval]:[count]` of which one part at least is written. */
function parseKeepalive(value: Word, word: Word, context: ParseContext): SocketOptions | undefined {
  const { text } = value;
  if (text === 'on' || text === 'off') return { keepalive: { isOn: text === 'on' } };
  const parts = text.split(':');
  if (parts.length > 3 || parts.length < 2 || parts.every((part) => part === '')) {
    const advice = 'write on, off, or [idle]:[interval]:[count], as in "so_keepalive=30m::10"';
    return reportInvalid(context, word, 'parameter', advice);
  }
  const [idle = '', interval = '', probes = ''] = parts;
  const limits = { min: '1s', max: MAX_KEEPALIVE };
  const seconds = (part: string) => {
    if (part === '') return {};
    const ms = parseTimeWord({ ...word, text: part }, context, limits);
    return ms === undefined ? undefined : { sec: Math.round(ms / SECOND_MS) };
  };
  const idleTime = seconds(idle);
  const intervalTime = seconds(interval);
  const count =
    probes === ''
      ? {}
      : { count: parseInteger({ ...word, text: probes }, context, { min: 1, max: MAX_PROBES }) };
  if (idleTime === undefined || intervalTime === undefined) return undefined;
  if ('count' in count && count.count === undefined) return undefined;
  return {
    keepalive: {
      isOn: true,
      ...(idleTime.sec === undefined ? {} : { idleSec: idleTime.sec }),
      ...(intervalTime.sec === undefined ? {} : { intervalSec: intervalTime.sec }),
      ...(count.count === undefined ? {} : { count: count.count }),
    },
  };
}
