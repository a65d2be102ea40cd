// What we answer ourselves, and not the origin: methods that end here, requests for elsewhere.

import { wireTest } from './wire-case.ts';

for (const [line, why] of [
  ['CONNECT a.test:443 HTTP/1.1', 'RFC 9110 §9.3.6: CONNECT'],
  ['CONNECT a.test: HTTP/1.1', 'RFC 9110 §9.3.6: CONNECT without port'],
  ['CONNECT a.test:99999 HTTP/1.1', 'RFC 9110 §9.3.6: CONNECT with an invalid port'],
  ['TRACE / HTTP/1.1', 'RFC 9110 §9.3.8: TRACE'],
] as const) {
  wireTest(`${why} is refused, and 405 says what is allowed`, {
    shows: '9110-15.5.6-1 9110-9.3.6-1 RT-34',
    head: [line, 'Host: a.test'],
    client: { status: 405, connection: 'closed', has: [/^Allow: /] },
    upstream: { saw: 'nothing' },
  });
}
wireTest('RFC 9110 §9.3.7: OPTIONS * is about us: what we do, without content', {
  shows: '9112-3.2.4-1 H1-19 RT-34',
  head: ['OPTIONS * HTTP/1.1', 'Host: a.test'],
  client: {
    status: 200,
    connection: 'open',
    has: [/^Allow: (?=.*GET)(?=.*HEAD)(?=.*POST)(?!.*TRACE)(?!.*CONNECT)/, 'Content-Length: 0'],
    body: '',
  },
  upstream: { saw: 'nothing' },
});
wireTest('RFC 9112 §3.2.4: OPTIONS for an absolute target without path means *', {
  shows: '9112-3.2.4-2 H1-19',
  head: ['OPTIONS http://a.test:80 HTTP/1.1', 'Host: a.test:80'],
  client: { status: 200, connection: 'open', has: [/^Allow: /, 'Content-Length: 0'], body: '' },
  upstream: { saw: 'nothing' },
});
wireTest('RFC 9112 §3.2.4: OPTIONS for an absolute target with a path is about that path', {
  shows: '9112-3.2.4-2 H1-19',
  head: ['OPTIONS http://a.test/ HTTP/1.1', 'Host: a.test'],
  client: { status: 200, connection: 'open', body: 'ok' },
  upstream: { saw: [{ line: 'OPTIONS / HTTP/1.1' }] },
});

// Max-Forwards.
wireTest('RFC 9110 §7.6.2: OPTIONS with Max-Forwards 0 ends here', {
  shows: '9110-7.6.2-1 9110-7.6.2-2',
  head: ['OPTIONS /x HTTP/1.1', 'Host: a.test', 'Max-Forwards: 0'],
  client: { status: 200, connection: 'open', has: [/^Allow: /, 'Content-Length: 0'], body: '' },
  upstream: { saw: 'nothing' },
});
for (const [given, sent] of [
  ['1', '0'],
  ['10', '9'],
  ['100', '99'],
  ['007', '6'],
] as const) {
  wireTest(`RFC 9110 §7.6.2: OPTIONS with Max-Forwards ${given} goes on with ${sent}`, {
    shows: '9110-7.6.2-1 9110-7.6.2-3',
    head: ['OPTIONS /x HTTP/1.1', 'Host: a.test', `max-forwards: ${given}`],
    client: { status: 200, connection: 'open', body: 'ok' },
    upstream: { saw: [{ has: [new RegExp(`^max-forwards: 0*${sent}$`, 'i')] }] },
  });
}
wireTest('RFC 9110 §7.6.2: Max-Forwards of other methods goes through', {
  shows: '9110-7.6.2-1',
  head: ['GET /x HTTP/1.1', 'Host: a.test', 'Max-Forwards: 0'],
  client: { status: 200, connection: 'open', body: 'ok' },
  upstream: { saw: [{ has: ['Max-Forwards: 0'] }] },
});
wireTest('RFC 9110 §9.3.7: OPTIONS without Max-Forwards gets none from us', {
  shows: '9110-9.3.7-1',
  head: ['OPTIONS /x HTTP/1.1', 'Host: a.test'],
  client: { status: 200, connection: 'open', body: 'ok' },
  upstream: { saw: [{ lacks: [/^max-forwards/i] }] },
});

// Targets and hosts.
for (const target of ['http:///x', 'http://', 'http://:80/x', 'https:///x'] as const) {
  wireTest(`RFC 9110 §4.2.1: a URI with an empty host is no URI: ${target}`, {
    shows: '9110-4.2.1-2',
    head: [`GET ${target} HTTP/1.1`, 'Host: a.test'],
    client: { status: 400, connection: 'closed' },
    upstream: { saw: 'nothing' },
  });
}
wireTest('RFC 9110 §4.2.4: user information in a target is refused, never sent on', {
  shows: '9110-4.2.4-1',
  head: ['GET http://user:pass@a.test/x HTTP/1.1', 'Host: a.test'],
  client: { status: 400, connection: 'closed' },
  upstream: { saw: 'nothing' },
});
wireTest('RFC 9112 §3.2.2: the host of an absolute target counts, where Host is absent', {
  shows: '9112-3.2.2-2 9112-3.2.2-3 9112-3.2.2-4 H1-19',
  location: 'proxy_set_header Host $host;',
  head: ['GET http://B.test:81/x HTTP/1.0'],
  client: { status: 200, connection: 'closed', body: 'ok' },
  upstream: { saw: [{ lines: ['GET /x HTTP/1.1', 'Host: b.test'] }] },
});
wireTest('RFC 9112 §3.2.2: the host of an absolute target chooses the server', {
  shows: '9112-3.2.2-2 H1-19',
  server: 'server_name b.test;',
  head: ['GET http://b.test/x HTTP/1.1', 'Host: b.test'],
  client: { status: 200, connection: 'open', body: 'ok' },
  upstream: { saw: [{ line: 'GET /x HTTP/1.1' }] },
});
wireTest('RFC 9112 §3.2.2: an absolute target and another Host: neither is believed', {
  shows: '9112-3.2.2-2 H1-19',
  head: ['GET http://b.test/x HTTP/1.1', 'Host: a.test'],
  client: { status: 400, connection: 'closed' },
  upstream: { saw: 'nothing' },
});
wireTest('RFC 9112 §3.2: an empty Host in HTTP/1.1 is no host of ours', {
  shows: '9112-3.2-6 H1-06',
  head: ['GET / HTTP/1.1', 'Host:'],
  client: { status: 400, connection: 'closed' },
  upstream: { saw: 'nothing' },
});
// Content.
for (const [title, path, status] of [
  ['of ours', '/own', 200],
  ['for a failure', '/none', 404],
] as const) {
  wireTest(`RFC 9110 §9.3.2: HEAD of an answer ${title} has its fields and no content`, {
    shows: '9110-9.3.2-1 9110-9.1-1 9110-8.6-1',
    server: 'location = /own { return 200 own; } location = /none { return 404; }',
    head: [`HEAD ${path} HTTP/1.1`, 'Host: a.test'],
    client: { status, connection: 'open', has: [/^Content-Length: [1-9]/], body: '' },
    upstream: { saw: 'nothing' },
  });
}
wireTest('RFC 9110 §8.6: a 204 of ours has no Content-Length', {
  shows: '9110-8.6-3 9112-6.1-5 9110-15.3.5-1',
  server: 'location = /own { return 204; }',
  head: ['GET /own HTTP/1.1', 'Host: a.test'],
  client: {
    status: 204,
    connection: 'open',
    lacks: [/^Content-Length/, /^Transfer-Encoding/, /^Content-Type/],
    body: '',
  },
  upstream: { saw: 'nothing' },
});
