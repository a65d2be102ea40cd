/** What llhttp, the parser of node:http, makes of the same bytes; strict, as Node runs it. */

import { createRequire } from 'node:module';

/** One message as llhttp reports it. */
export interface ParsedMessage {
  method: string;
  target: string;
  status: number;
  minorVersion: number;
  fields: [name: string, value: string][];
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
}

interface Parser {
  [event: number]: (...details: never[]) => number | undefined;
  initialize(type: number, resource: object, maxHeadBytes: number, leniency: number): void;
  execute(bytes: Buffer): number | (Error & { code: string });
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

/** All messages in the bytes. `answersHead`: responses have no body, whatever they say. */
export function parseWithLlhttp(
  text: string,
  kind: 'request' | 'response',
  answersHead = false,
): Parsed {
  const messages: ParsedMessage[] = [];
  const parser = new HTTPParser();
  parser.initialize(kind === 'request' ? REQUEST : RESPONSE, {}, MAX_HEAD_BYTES, STRICT);
  let early: string[] = [];
  let earlyTarget = '';
  let current: ParsedMessage | undefined;
  parser[ON_FIELDS] = (list: string[], target: string): undefined => {
    if (current !== undefined) return; // trailers
    early.push(...list);
    earlyTarget += target;
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
      ...{ minorVersion, isUpgrade, keepAlive, body: '', isComplete: false },
      method: method === undefined ? '' : (methods[method] ?? ''),
      target: target ?? earlyTarget,
      status: status ?? 0,
      fields: pairs(list ?? early),
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
  const result = parser.execute(Buffer.from(text, 'latin1'));
  parser.close();
  return { messages, failure: typeof result === 'number' ? undefined : result.code };
}

function pairs(list: readonly string[]): [string, string][] {
  const found: [string, string][] = [];
  for (let at = 0; at < list.length; at += 2) found.push([list[at] ?? '', list[at + 1] ?? '']);
  return found;
}
