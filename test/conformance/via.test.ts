// RFC 9110 §7.6.3 and §7.6: Via says where a request has been, and ends loops.

import { wireTest } from './wire-case.ts';
import { OWN_VIA } from './wire-lines.ts';

const GET = ['GET / HTTP/1.1', 'Host: a.test'];

wireTest('RFC 9110 §7.6.3: every request to an endpoint gets our Via', {
  shows: '9110-7.6.3-1 H1-15',
  head: GET,
  client: { status: 200, connection: 'open', lacks: [/^Via/] },
  upstream: { saw: [{ has: [OWN_VIA] }] },
});
wireTest('RFC 9110 §7.6.3: ours stands behind those that came, all of them are kept', {
  shows: '9110-7.6.3-1 9110-7.6.3-2 H1-15',
  head: [...GET, 'Via: 1.0 fred, 1.1 p.example.net', 'Via: 2 other'],
  client: { status: 200, connection: 'open' },
  upstream: {
    saw: [{ has: [/^Via: 1\.0 fred, 1\.1 p\.example\.net, 2 other, 1\.1 weir-[0-9a-f]{8}$/] }],
  },
});
wireTest('RFC 9110 §7.6.3: it names the version that the client spoke', {
  shows: '9110-7.6.3-1 H1-15',
  head: ['GET / HTTP/1.0'],
  client: { status: 200, connection: 'closed' },
  upstream: { saw: [{ has: [/^Via: 1\.0 weir-/] }] },
});
wireTest('RFC 9110 §7.6.3: via NAME is the pseudonym', {
  shows: '9110-7.6.3-1 H1-15',
  location: 'via edge-a;',
  head: GET,
  client: { status: 200, connection: 'open' },
  upstream: { saw: [{ has: ['Via: 1.1 edge-a'] }] },
});
wireTest('via off: what came goes through', {
  shows: 'H1-15',
  location: 'via off;',
  head: [...GET, 'Via: 1.0 fred'],
  client: { status: 200, connection: 'open' },
  upstream: { saw: [{ lines: ['GET / HTTP/1.1', 'Host: origins', 'Via: 1.0 fred'] }] },
});
wireTest('RFC 9110 §7.6: a request that came through us nine times is served', {
  shows: '9110-7.6-2 RT-33',
  location: 'via edge-a;',
  head: [...GET, `Via: ${Array(9).fill('1.1 edge-a').join(', ')}`],
  client: { status: 200, connection: 'open' },
  upstream: { saw: [{ line: 'GET / HTTP/1.1' }] },
});
wireTest('RFC 9110 §7.6: the tenth time is a loop', {
  shows: '9110-7.6-2 RT-33',
  location: 'via edge-a;',
  head: [
    ...GET,
    `Via: ${Array(6).fill('1.1 edge-a').join(', ')}`,
    ...Array(4).fill('Via: 1.1 edge-a'),
  ],
  client: { status: 508, connection: 'closed' },
  upstream: { saw: 'nothing' },
});
