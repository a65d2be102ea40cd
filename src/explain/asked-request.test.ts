import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ListenConfig } from '#src/routing/model.ts';
import { type AskedRequest, UnusableRequest, wireRequest } from './asked-request.ts';
import { chooseListener } from './listener-choice.ts';

test('the bytes are those a client would send: nothing of the target is resolved', () => {
  const { bytes, host, port } = wireRequest({
    url: 'http://Shop.test:8080/a/../b%2f?x=1#top',
    fields: [['Accept', '*/*']],
  });
  assert.equal(bytes, 'GET /a/../b%2f?x=1 HTTP/1.1\r\nHost: Shop.test:8080\r\nAccept: */*\r\n\r\n');
  assert.deepEqual([host, port], ['shop.test', 8080]);
});

test('Host may be given, a body has its length, what is not ASCII is escaped', () => {
  const { bytes, target } = wireRequest({
    url: 'http://[::1]/ü',
    method: 'PUT',
    fields: [['host', 'other.test']],
    body: 'ü',
  });
  assert.equal(target, '/%C3%BC');
  assert.match(bytes, /^PUT .*\r\nhost: other\.test\r\nContent-Length: 2\r\n\r\n\xc3\xbc$/);
  assert.equal(wireRequest({ url: 'http://a.test?x' }).target, '/?x');
});

test('what is no request is refused in words', () => {
  const refused: readonly (readonly [AskedRequest, RegExp])[] = [
    [{ url: 'shop.test/x' }, /"shop\.test\/x" is no URL: write http:\/\/host\/path/],
    [{ url: 'https://shop.test/' }, /TLS is not built yet/],
    [{ url: 'ftp://shop.test/' }, /"ftp:" is not served here/],
    [{ url: 'http:///x' }, /"" is no host with a port/],
    [{ url: 'http://a.test:99999/' }, /"a\.test:99999" is no host with a port/],
    [{ url: 'http://a.test/x y' }, /write %20 for a blank/],
    [{ url: 'http://a.test/', method: 'G T' }, /"G T" is no method/],
    [{ url: 'http://a.test/', from: 'home' }, /"home" is no IP address/],
    [{ url: 'http://a.test/', fields: [['a b', 'c']] }, /"a b" is no name of a field/],
    [{ url: 'http://a.test/', fields: [['a', 'b\r\nc: d']] }, /has a line break/],
  ];
  for (const [asked, message] of refused) {
    assert.throws(() => wireRequest(asked), { message }, asked.url);
    assert.throws(() => wireRequest(asked), UnusableRequest);
  }
});

function listen(host: string, port: number, ipv6Only = true): ListenConfig {
  const key = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const place = { file: 'w.conf', line: 1, column: 1 };
  return { key, address: { kind: 'tcp', host, port }, backlog: 1, ipv6Only, place };
}

test('the listener is the one the kernel would choose, or the one that was named', () => {
  const path = 'unix:/run/weir.sock';
  const listens: readonly ListenConfig[] = [
    listen('127.0.0.1', 80),
    listen('0.0.0.0', 80),
    listen('::', 80),
    listen('192.0.2.1', 8080),
    { ...listen('', 0), key: path, address: { kind: 'unix', path: '/run/weir.sock' } },
  ];
  const of = (url: string, listen?: string, among = listens) => {
    const asked = { url, listen };
    const { because, listen: chosen, others } = chooseListener(among, asked, wireRequest(asked));
    return [chosen.key, because, others];
  };
  assert.deepEqual(of('http://127.0.0.1/'), ['127.0.0.1:80', 'it is the address of the URL', []]);
  assert.deepEqual(of('http://192.0.2.9/'), ['0.0.0.0:80', 'it takes port 80 of any address', []]);
  assert.deepEqual(of('http://[2001:db8::1]/')[0], '[::]:80');
  assert.deepEqual(of('http://192.0.2.9/', undefined, [listen('::', 80, false)])[0], '[::]:80');
  const byName = of('http://shop.test/');
  assert.deepEqual([byName[0], byName[2]], ['0.0.0.0:80', ['[::]:80', '127.0.0.1:80']]);
  assert.deepEqual(of('http://shop.test:8080/').slice(0, 2), [
    '192.0.2.1:8080',
    'it has port 8080; "shop.test" must lead to it',
  ]);
  assert.deepEqual(of('http://shop.test/', '8080')[0], '192.0.2.1:8080');
  assert.deepEqual(of('http://shop.test/', '*:80')[0], '0.0.0.0:80');
  assert.deepEqual(of('http://shop.test/', path)[0], path);
  assert.throws(
    () => of('http://shop.test:81/'),
    /nothing listens on port 81; what listens: 127\./,
  );
  assert.throws(() => of('http://192.0.2.9:8080/'), /nothing listens on 192\.0\.2\.9:8080/);
});
