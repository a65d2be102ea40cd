// Random requests: some hit what a configuration has, some nearly, some are odd but valid.

import { HOSTS, type Values } from './values.ts';

/** One request. */
export interface Asked {
  readonly method: string;
  readonly target: string;
  /** Field lines behind the target, without their ends. */
  readonly lines: readonly string[];
  readonly body: string;
}

/** What a client asks for on one connection. */
export interface Dialogue {
  readonly port: 'PORT_A' | 'PORT_B';
  /** The address of the client, in 127.0.0.0/8. */
  readonly from: string;
  /** Whether all of it is sent at once; else each request follows the answer to the one before. */
  readonly isPipelined: boolean;
  /** Whether a body follows its head in a write of its own, unless all is sent at once. */
  readonly isSplit: boolean;
  readonly asked: readonly [Asked, ...Asked[]];
}

/** The bytes of a request, one char each. */
export function requestText({ body, lines, method, target }: Asked): string {
  return `${[`${method} ${target} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n${body}`;
}

const METHODS = [
  ...['GET', 'GET', 'GET', 'GET', 'HEAD', 'POST', 'POST', 'PUT', 'OPTIONS', 'FROB'],
] as const;

/** What the origin is told to answer: names of origin.ts, where others mean a plain 200. */
const WANTS = [
  ...['plain', 'plain', 'moved', 'moved-own', 'moved-path', 'created', 'cookies', 'missing'],
  ...['missing', 'broken', 'down', 'bad', 'limited', 'forbidden', 'empty', 'unchanged', 'chunked'],
  ...['until-close', 'accel', 'own-fields', 'refresh', 'partial', 'teapot', 'garbage', 'cut-head'],
  'cut',
] as const;

/** @param paths those of the locations @param ports on which somebody listens */
export function randomDialogue(
  values: Values,
  paths: readonly string[],
  ports: readonly Dialogue['port'][],
): Dialogue {
  const { random } = values;
  const count = random.pick([1, 1, 1, 1, 2, 2, 3, 4]);
  const later = Array.from({ length: count - 1 }, (_, at) => {
    return randomRequest(values, paths, at === count - 2);
  });
  return {
    port: ports[random.below(ports.length)] ?? 'PORT_A',
    from: random.pick(['127.0.0.1', '127.0.0.1', '127.0.1.2', '127.0.1.77', '127.9.9.9']),
    isPipelined: count > 1 && random.chance(0.5),
    isSplit: random.chance(0.4),
    asked: [randomRequest(values, paths, count === 1), ...later],
  };
}

/** @param isLast whoever asks for the end of the connection before, gets no more answers */
function randomRequest(values: Values, paths: readonly string[], isLast: boolean): Asked {
  const { random } = values;
  // In front of others: bodies, which must be out of their way.
  const method = isLast ? random.pick(METHODS) : random.pick(['POST', 'GET', ...METHODS]);
  const lines = [`Host: ${host(values)}`];
  const want = random.pick(WANTS);
  const path = hostile(values, pathNear(values, paths));
  const target = `${path}${query(values, want)}`;
  if (random.chance(0.5)) lines.push(`X-Want: ${want}`);
  for (let count = random.pick([0, 0, 1, 2]); count > 0; count--) {
    const line = field(values);
    const name = line.slice(0, line.indexOf(':') + 1).toLowerCase();
    // Of two nginx 1.22 takes the first or refuses; since 1.23 they mean a list, as in Weir.
    if (!lines.some((other) => other.toLowerCase().startsWith(name))) lines.push(line);
  }
  const body = addBody(values, method, lines);
  if (isLast && random.chance(0.4)) lines.push('Connection: close');
  else if (random.chance(0.2)) lines.push('Connection: keep-alive');
  else if (random.chance(0.03)) lines.push('Connection: close');
  return { method, target, lines, body };
}

function host({ random }: Values): string {
  const name = random.pick(HOSTS);
  switch (random.below(12)) {
    case 0:
      return name.toUpperCase();
    case 1:
      return `${name}.`;
    case 2:
      return `${name}:PORT_A`;
    case 3:
      return random.pick(['other.test', 'x.three.test', 'a.b.c.two.test', 'www.q']);
    default:
      return name;
  }
}

function pathNear(values: Values, paths: readonly string[]): string {
  const { random } = values;
  if (random.chance(0.2)) return values.path();
  const path = encodePath(paths[random.below(paths.length)] ?? '/');
  switch (random.below(8)) {
    case 0:
      return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : `${path}/`;
    case 1:
      return `${path}${values.segment()}`;
    case 2:
      return `${path}/${values.segment()}`;
    case 3:
      return `${path}${values.path()}`;
    case 4:
      return path.toUpperCase();
    case 5:
      return `${path}${random.pick(['x.png', 'y.html', 'z.txt', '.x'])}`;
    default:
      return path;
  }
}

/** A location's path as a client would write it. */
function encodePath(path: string): string {
  return path.replace(/[ %é]/g, (char) => encodeURIComponent(char));
}

/** One in four gets something odd that means a path all the same. */
function hostile({ random }: Values, path: string): string {
  if (random.chance(0.75)) return path;
  const at = 1 + random.below(path.length);
  const odd = random.pick([
    ...([
      '//',
      '/./',
      '/x/../',
      '%20',
      '%41',
      '%2F',
      '%2e',
      '+',
      '%25',
      '%C3%A9',
      '&',
      '=',
    ] as const),
    ...([
      '%3F',
      '%3b',
      ';',
      '~',
      '%7E',
      ':',
      '@',
      "'",
      '(',
      '%22',
      '|',
      '!',
      '%5B',
      '$',
      '%00x',
    ] as const),
  ]);
  return `${path.slice(0, at)}${odd}${path.slice(at)}`;
}

function query({ random }: Values, want: string): string {
  const parts: string[] = [];
  if (random.chance(0.5)) parts.push(`o=${want}`);
  for (let count = random.pick([0, 0, 1, 1, 2]); count > 0; count--) {
    parts.push(
      random.pick([
        'a=1',
        'a=one',
        'b=%20x',
        'a=/a/',
        'b',
        'c=d&c=e',
        '?',
        'a=%2F',
        'A=u',
        'a=a+b',
      ]),
    );
  }
  if (parts.length === 0) return random.pick(['', '', '', '?']);
  return `?${parts.join('&')}`;
}

function field({ random }: Values): string {
  return random.pick([
    ...([
      'X-A: one',
      'X-A:',
      'x-b: two words',
      'X-B: 1',
      'Cookie: c=1; d=2',
      'Cookie: d=3',
    ] as const),
    ...([
      'X_U: under',
      'User-Agent: t/1',
      'Referer: http://r.test/',
      'Accept: */*',
      'TE: trailers',
    ] as const),
    ...([
      'X-Forwarded-For: 10.1.2.3',
      'X-Forwarded-For: 10.1.2.3, 192.0.2.7',
      'X-Forwarded-For: 192.0.2.9,127.0.1.2:80 , 127.0.1.2',
      'X-Real-IP: 192.0.2.1',
      'X-Real-IP: [::1]:8',
      'X-Forwarded-For: x, 127.0.1.2',
      'X-A: a;b',
      'Accept-Encoding: gzip',
      'If-None-Match: "e"',
    ] as const),
    ...([
      'Range: bytes=0-1',
      'Content-Type: text/x',
      'Authorization: Basic YTpi',
      'X-A: 10.1.1.1',
    ] as const),
  ]);
}

/** Bodies for some methods; returns what is sent behind the head. */
function addBody({ random }: Values, method: string, lines: string[]): string {
  if (method === 'HEAD' || method === 'GET' || random.chance(0.3)) return '';
  const body = random.pick(['hello', 'a=b', 'x'.repeat(20), '']);
  if (random.chance(0.7)) {
    lines.push(`Content-Length: ${body.length}`);
    return body;
  }
  lines.push('Transfer-Encoding: chunked');
  return body === '' ? '0\r\n\r\n' : `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
}
