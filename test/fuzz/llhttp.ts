/** What llhttp, the parser of node:http, makes of the same bytes; strict, as Node runs it. */

import { createRequire } from 'node:module';

/** One message as llhttp reports it. */
export interface ParsedMessage {
  method: string;
  target: string;
  status: number;
  minorVersion: number;
  /** Name, value, name, value … */
  fields: string[];
  /** The same of the trailers. */
  trailers: string[];
  body: string;
  keepAlive: boolean;
  /** It hands the connection over behind this head, to another protocol. */
  isUpgrade: boolean;
  isComplete: boolean;
}

export interface Parsed {
  messages: ParsedMessage[];
  /** 'HPE_INVALID_METHOD' …; undefined when it takes everything, or waits for more. */
  failure: string | undefined;
  /** And in its words: 'Invalid character in chunk extensions' …; '' without a failure. */
  reason: string;
}

interface Parser {
  [event: number]: (...details: never[]) => number | undefined;
  initialize(type: number, resource: object, maxHeadBytes: number, leniency: number): void;
  execute(bytes: Buffer): number | (Error & { code: string; reason: string });
  close(): void;
}

interface ParserModule {
  HTTPParser: (new () => Parser) & Record<string, number>;
  methods: string[];
}

const { HTTPParser, methods } = createRequire(import.meta.url)('_http_common') as ParserModule;

function constant(name: string): number {
  const value = HTTPParser[name];
  if (value === undefined) throw new Error(`this Node's parser has no ${name}`);
  return value;
}

const REQUEST = constant('REQUEST');
const RESPONSE = constant('RESPONSE');
const STRICT = constant('kLenientNone');
const ON_FIELDS = constant('kOnHeaders');
const ON_HEAD = constant('kOnHeadersComplete');
const ON_BODY = constant('kOnBody');
const ON_END = constant('kOnMessageComplete');
const MAX_HEAD_BYTES = 64 * 1024;

/** What the parser has reported of the bytes it is given now. */
let messages: ParsedMessage[] = [];
let current: ParsedMessage | undefined;
let early: string[] = [];
let earlyTarget = '';
let answersHead = false;

const parser = new HTTPParser();

// More fields than its list holds, or trailers.
parser[ON_FIELDS] = (list: string[], target: string): undefined => {
  if (current !== undefined) current.trailers.push(...list);
  else {
    early.push(...list);
    earlyTarget += target;
  }
};

parser[ON_HEAD] = (
  _major: number,
  minorVersion: number,
  list: string[] | undefined,
  method: number | undefined,
  target: string | undefined,
  status: number | undefined,
  _reason: string | undefined,
  isUpgrade: boolean,
  keepAlive: boolean,
): number => {
  current = {
    ...{ minorVersion, isUpgrade, keepAlive, trailers: [], body: '', isComplete: false },
    method: method === undefined ? '' : (methods[method] ?? ''),
    target: target ?? earlyTarget,
    status: status ?? 0,
    fields: list ?? early,
  };
  messages.push(current);
  early = [];
  earlyTarget = '';
  return answersHead ? 1 : 0;
};

parser[ON_BODY] = (bytes: Buffer): undefined => {
  if (current !== undefined) current.body += bytes.toString('latin1');
};

parser[ON_END] = (): undefined => {
  if (current !== undefined) current.isComplete = true;
  current = undefined;
};

/** All messages in the bytes. `toHead`: responses have no body, whatever they say. */
export function parseWithLlhttp(
  bytes: Buffer,
  kind: 'request' | 'response',
  toHead = false,
): Parsed {
  messages = [];
  current = undefined;
  early = [];
  earlyTarget = '';
  answersHead = toHead;
  parser.initialize(kind === 'request' ? REQUEST : RESPONSE, {}, MAX_HEAD_BYTES, STRICT);
  const result = parser.execute(bytes);
  if (typeof result === 'number') return { messages, failure: undefined, reason: '' };
  return { messages, failure: result.code, reason: result.reason };
}
