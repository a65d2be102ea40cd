// Answers of both, made comparable by a short list, each item with its reason, and compared.

import { type Answered, isLast } from './ask.ts';
import type { Asked } from './random-request.ts';

/** What one request came to, at one of the two. */
export interface Outcome {
  readonly answered: Answered;
  /** Requests that the origin saw: head lines, an empty one, the body. */
  readonly seen: readonly (readonly string[])[];
  /** How the connection stood behind it, and what came that belongs to no answer. */
  readonly end: string;
}

/** One part that differs. */
export interface Part {
  /** `status`, `body`, `end`, `field NAME`, `origin …`. */
  readonly what: string;
  readonly nginx: string;
  readonly weir: string;
}

/** The parts of an exchange that differ. */
export function differingParts(nginx: Outcome, weir: Outcome): Part[] {
  const one = comparable(nginx);
  const other = comparable(weir);
  const names = [...new Set([...one.keys(), ...other.keys()])];
  return names
    .map((what) => ({ what, nginx: one.get(what) ?? '', weir: other.get(what) ?? '' }))
    .filter((part) => part.nginx !== part.weir);
}

/** Everything that is compared, by name. */
function comparable({ answered, end, seen }: Outcome): ReadonlyMap<string, string> {
  const parts = new Map<string, string>();
  const page = pageOf(answered.body);
  const isPage = page !== undefined || isHeadOfPage(answered);
  parts.set('status', registered(answered.line));
  parts.set('body', page ?? answered.body);
  parts.set('whole', String(answered.isWhole));
  // Of what it says the field tells.
  const isTold = end === (isLast(answered) ? 'end' : 'open') || !answered.line.startsWith('HTTP/');
  parts.set('end', isTold ? 'as told' : end);
  parts.set('interim', answered.interim.join());
  for (const [name, value] of answered.fields) {
    const key = `field ${name.toLowerCase()}`;
    const shown = answerField(name.toLowerCase(), value, isPage);
    if (shown === undefined) continue;
    parts.set(key, parts.has(key) ? `${parts.get(key)}\n${shown}` : shown);
  }
  for (const [at, request] of seen.entries()) {
    const { body, fields, line } = readSeen(request);
    parts.set(`origin line ${at}`, line);
    parts.set(`origin fields ${at}`, fields);
    parts.set(`origin body ${at}`, body);
  }
  return parts;
}

/** Whether the body of a request is in chunks. */
export function isChunked({ lines }: Asked): boolean {
  return lines.some((line) => /^transfer-encoding:/i.test(line));
}

/** Requests that the origin saw, as they are compared but for their bodies. */
export function requestsOf({ seen }: Outcome): readonly string[] {
  return seen.map(readSeen).map(({ fields, line }) => `${line}\n${unframed(fields)}`);
}

/** Head lines without those that frame a body. */
export function unframed(lines: string): string {
  return lines
    .split('\n')
    .filter((line) => !/^(?:content-length|transfer-encoding):/i.test(line))
    .join('\n');
}

function readSeen(request: readonly string[]): { line: string; fields: string; body: string } {
  const end = request.indexOf('');
  return {
    line: request[0] ?? '',
    fields: inOrder(request.slice(1, end).filter(isCompared)).join('\n'),
    body: request.slice(end + 1).join(''),
  };
}

/** Both sign their pages with their own name; Weir's of failures say more (docs/differences.md). */
function pageOf(body: string): string | undefined {
  const title = /^<(?:html|!doctype html)>[^]{0,99}?<title>([^<]*)<\/title>/.exec(body)?.[1];
  return title === undefined ? undefined : `page ${registered(title)}`;
}

/** HEAD of a page: its length and `Vary` are told. */
function isHeadOfPage({ body, fields, line }: Answered): boolean {
  const type = fields.find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  return body === '' && type === 'text/html' && /^HTTP\/1\.1 [345]/.test(line);
}

/** Statuses that nginx calls otherwise than the registry does. */
const OWN_REASONS: readonly (readonly [number: string, nginx: string, registered: string])[] = [
  ['302', 'Moved Temporarily', 'Found'],
  ['405', 'Not Allowed', 'Method Not Allowed'],
  ['413', 'Request Entity Too Large', 'Content Too Large'],
  ['503', 'Service Temporarily Unavailable', 'Service Unavailable'],
];

function registered(text: string): string {
  for (const [status, own, theirs] of OWN_REASONS) {
    if (text.endsWith(`${status} ${own}`)) return text.replace(own, theirs);
  }
  return text;
}

/** By name: the order of fields with different names means nothing (RFC 9110 §5.3). */
function inOrder(lines: readonly string[]): readonly string[] {
  return lines.toSorted((one, other) => nameOf(one).localeCompare(nameOf(other)));
}

function nameOf(line: string): string {
  return line.slice(0, line.indexOf(':')).toLowerCase();
}

/** A field of an answer in a form that both share; undefined when it says nothing to compare. */
function answerField(name: string, value: string, isPage: boolean): string | undefined {
  switch (name) {
    case 'server':
      return value.replace(/^(?:nginx|weir)\b/, 'own name').replace(/\/\d+\.\d+\.\d+$/, '/version');
    case 'allow':
      return undefined; // Weir says what is allowed (RFC 9110 §15.5.6)
    case 'date':
      return value.includes('1970') ? value : 'now';
    case 'content-length':
      return isPage ? 'of a page' : value; // the name in it has another length
    case 'vary':
      return isPage ? undefined : value; // Weir has pages in JSON, too
    default:
      return value;
  }
}

/**
 * nginx closes the connection, Weir keeps it; of no body Weir tells where the method expects one,
 * nginx where the client did (docs/differences.md).
 */
function isCompared(line: string): boolean {
  return !/^(?:connection:|content-length: 0$)/i.test(line);
}
