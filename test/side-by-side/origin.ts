// The origin behind both: keeps what it saw and answers what the request asks for.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OriginConnection, RawOrigin, type SeenRequest } from '#test/support/raw-origin.ts';

/** Heads by name; ORIGIN is its own address. A body follows unless the status has none. */
const ANSWERS: Readonly<Record<string, string>> = {
  moved: '302 Found\r\nLocation: http://else.test/a/x?y=z\r\n',
  'moved-own': '301 Moved Permanently\r\nLocation: http://ORIGIN/a/x\r\n',
  'moved-path': '307 Temporary Redirect\r\nLocation: /a/b\r\n',
  created: '201 Created\r\nLocation: http://ORIGIN/up/new\r\n',
  cookies:
    '200 OK\r\nSet-Cookie: c=1; Path=/a/x; Domain=o.test\r\nX-O: o\r\nSet-Cookie: d=2; path=/; Secure\r\n',
  missing: '404 Not Found\r\nX-O: o\r\n',
  broken: '500 Internal Server Error\r\nX-O: o\r\n',
  down: '503 Service Unavailable\r\nRetry-After: 5\r\n',
  bad: '502 Bad Gateway\r\n',
  limited: '429 Too Many Requests\r\n',
  forbidden: '403 Forbidden\r\nX-P: p\r\n',
  empty: '204 No Content\r\nX-O: o\r\n',
  unchanged: '304 Not Modified\r\nETag: "e"\r\n',
  accel: '200 OK\r\nX-Accel-Expires: 5\r\nX-Accel-Buffering: no\r\n',
  'own-fields':
    '200 OK\r\nServer: origin\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nX-Powered-By: o\r\nETag: "e"\r\nCache-Control: no-cache\r\nCache-Control: private\r\nLast-Modified: Thu, 01 Jan 1970 00:00:00 GMT\r\n',
  refresh: '200 OK\r\nRefresh: 5; url=http://ORIGIN/a/\r\n',
  partial: '206 Partial Content\r\nContent-Range: bytes 0-3/9\r\n',
  teapot: '418 Own Reason\r\n',
};

/** No answer at all: what is sent in its place before the connection closes. */
const FAULTS: Readonly<Record<string, string>> = {
  cut: '',
  garbage: 'HTTP/1.1 200 OK\r\nX-O: a\0b\r\n\r\n',
  'cut-head': 'HTTP/1.1 200 OK\r\nX-O: o\r\n',
};

const BODYLESS = /^(?:204|304)/;

/** An origin for one of the two. Saw these requests, oldest first: head lines and body. */
export class EchoOrigin {
  /** Address and port. */
  readonly address: string;
  /** Of its unix socket. */
  readonly path: string;
  readonly #folder: string;
  readonly #origins: readonly RawOrigin[];
  #seen: string[][] = [];

  constructor(origins: readonly RawOrigin[], address: string, folder: string) {
    this.#origins = origins;
    this.#folder = folder;
    this.address = address;
    this.path = join(folder, 'origin');
  }

  static async start(host: string, port: number): Promise<EchoOrigin> {
    const folder = mkdtempSync(join(tmpdir(), 'weir-same-'));
    const tcp = await RawOrigin.start({}, host, port);
    const unix = await RawOrigin.startUnix({}, join(folder, 'origin'));
    const origin = new EchoOrigin([tcp, unix], `${host}:${tcp.port}`, folder);
    for (const raw of [tcp, unix]) raw.script = { onRequest: (...what) => origin.#take(...what) };
    return origin;
  }

  #take({ body, line, lines }: SeenRequest, connection: OriginConnection): undefined {
    this.#seen.push([...lines, '', body.toString('latin1')]);
    const { isLast, text } = this.#answer(line, lines);
    connection.send(text);
    if (isLast) connection.end();
  }

  /** What came since the last call. */
  takeSeen(): readonly (readonly string[])[] {
    const seen = this.#seen;
    this.#seen = [];
    return seen;
  }

  /** Ends its connections, waits until the other side has, and forgets what they brought. */
  async settle(): Promise<void> {
    for (const { connections, requests } of this.#origins) {
      for (const connection of connections) connection.end();
      for (const connection of connections) await connection.closed();
      connections.length = 0;
      requests.length = 0;
    }
  }

  async close(): Promise<void> {
    for (const origin of this.#origins) await origin.close();
    rmSync(this.#folder, { recursive: true });
  }

  #answer(line: string, lines: readonly string[]): { text: string; isLast: boolean } {
    const asked = lines.find((field) => /^x-want: /i.test(field))?.slice(8);
    const key = asked ?? /[?&]o=([\w-]+)/.exec(line)?.[1] ?? '';
    const fault = FAULTS[key];
    if (fault !== undefined) return { text: fault, isLast: true };
    const isHead = line.startsWith('HEAD ');
    const head = (ANSWERS[key] ?? '200 OK\r\n').replaceAll('ORIGIN', this.address);
    if (BODYLESS.test(head)) return { text: `HTTP/1.1 ${head}\r\n`, isLast: false };
    const body = `body of ${key}`;
    const start = `HTTP/1.1 ${head}Content-Type: text/x-origin\r\n`;
    // Whoever speaks 1.0 reads no chunks.
    if (key === 'chunked' && line.endsWith('1.1')) {
      const chunks = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
      return {
        text: `${start}Transfer-Encoding: chunked\r\n\r\n${isHead ? '' : chunks}`,
        isLast: false,
      };
    }
    if (key === 'until-close') {
      return { text: `${start}Connection: close\r\n\r\n${isHead ? '' : body}`, isLast: true };
    }
    // Said, so that nobody keeps a connection that is about to end.
    const isLast = line.endsWith('1.0');
    const last = isLast ? 'Connection: close\r\n' : '';
    const framed = `${start}${last}Content-Length: ${body.length}\r\n\r\n${isHead ? '' : body}`;
    return { text: framed, isLast };
  }
}
