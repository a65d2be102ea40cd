// The same servers in Debian's nginx and in Weir, each before the same origin, and the same requests
// to both: what differs. For tests of meaning; what both should say is whatever nginx says.

import type { TestContext } from 'node:test';
import { ANY_PORT, startEdge } from './edge.ts';
import { startNginx } from './nginx.ts';
import { RawClient } from './raw-client.ts';
import { RawOrigin, type SeenRequest } from './raw-origin.ts';

/** One request. */
export interface Asked {
  readonly host: string;
  /** `/path?query`, as it goes on the wire. */
  readonly target: string;
  /** Default: GET. */
  readonly method?: string;
  /** `Name: value`. */
  readonly fields?: readonly string[];
  readonly body?: string;
}

/** What is compared. */
export interface Comparison {
  /** What stands in `http`: `listen LISTEN;`, `proxy_pass ORIGIN;`, `server ORIGIN_ADDRESS;`. */
  readonly conf: string;
  readonly asked: readonly Asked[];
  /** What FOLDER stands for in nginx's, and in ours. */
  readonly folders?: readonly [theirs: string, ours: string];
  /** Fields of answers that are compared, lower case. Default: `location`. */
  readonly fields?: readonly string[];
  /** Fields of requests that the origin repeats, lower case. */
  readonly seen?: readonly string[];
  /** What the origin answers; default: 200 with what it saw. */
  readonly answer?: (request: SeenRequest, saw: string) => string;
}

/** An answer of the origin with that text. */
export function plainAnswer(text: string, status = '200 OK'): string {
  const length = Buffer.byteLength(text, 'latin1');
  return `HTTP/1.1 ${status}\r\nContent-Type: text/x\r\nContent-Length: ${length}\r\n\r\n${text}`;
}

/** One line for each request that the two answer in different ways. */
export async function differencesFromNginx(
  t: TestContext,
  {
    answer = (_, saw) => plainAnswer(saw),
    asked,
    conf,
    fields = ['location'],
    folders = ['', ''],
    seen = [],
  }: Comparison,
): Promise<string[]> {
  const origin = await RawOrigin.start({
    onRequest: (request) => {
      const values = seen.map((name) => `${name}: ${request.fields.get(name)?.join() ?? ''}`);
      return answer(request, [request.line, ...values, request.body.toString('latin1')].join('|'));
    },
  });
  t.after(() => origin.close());
  const text = (listen: string, folder: string): string => {
    const address = `http://127.0.0.1:${origin.port}`;
    return `proxy_http_version 1.1; ${conf
      .replaceAll('LISTEN', listen)
      .replaceAll('FOLDER', folder)
      .replaceAll('ORIGIN_ADDRESS', `127.0.0.1:${origin.port}`)
      .replaceAll('ORIGIN', address)}`;
  };
  const nginx = await startNginx((port) => text(`127.0.0.1:${port}`, folders[0]));
  t.after(() => nginx.close());
  const edge = startEdge({ tier: 'fast', conf: text(ANY_PORT, folders[1]) });
  t.after(() => edge.close());
  const differences: string[] = [];
  for (const one of asked) {
    const expected = await ask(t, nginx.port, one, fields);
    const actual = await ask(t, edge.port, one, fields);
    if (actual === expected) continue;
    const { host, method = 'GET', target } = one;
    differences.push(`${method} ${host}${target}: ${actual} instead of ${expected}`);
  }
  return differences;
}

/** The status, the named fields, and the body unless it is a page: those look different. */
async function ask(
  t: TestContext,
  port: number,
  { body = '', fields = [], host, method = 'GET', target }: Asked,
  compared: readonly string[],
): Promise<string> {
  const client = await RawClient.connect(port);
  t.after(() => client.close());
  const lines = [`${method} ${target} HTTP/1.1`, `Host: ${host}`, 'Connection: close', ...fields];
  if (body !== '') lines.push(`Content-Length: ${body.length}`);
  client.send(`${lines.join('\r\n')}\r\n\r\n${body}`);
  const response = await client.response(method);
  client.close();
  const values = compared.map((name) => {
    return (response.fields.get(name)?.join() ?? '').replaceAll(`:${port}`, ':OWN');
  });
  const isPage = response.fields.get('content-type')?.join() === 'text/html';
  const shown = isPage ? '' : response.body.toString('latin1').replaceAll(String(port), 'OWN');
  return `${response.status} ${values.join(' ')} ${shown}`;
}
