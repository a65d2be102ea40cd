import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fieldIdOf } from './field-names.ts';
import { HeaderMap } from './header-map.ts';
import { keptTrailers, withoutConnectionNamed } from './trailers.ts';

function kept(...lines: string[]): string[] {
  const text = keptTrailers(`${lines.join('\r\n')}\r\n\r\n`, true);
  assert.ok(text === '' || text.endsWith('\r\n'));
  return text === '' ? [] : text.slice(0, -2).split('\r\n');
}

describe('trailers that go on', () => {
  it('have one form', () => {
    const lines = ['A:1', 'b:  2 \t', 'C:\t', 'D: a: b ; c', 'grpc-status: 0', 'E: \xe9'];
    assert.deepEqual(kept(...lines), [
      ...['A: 1', 'b: 2', 'C: ', 'D: a: b ; c', 'grpc-status: 0', 'E: \xe9'],
    ]);
  });

  it('mean nothing as fields', () => {
    const dropped = [
      ...['Transfer-Encoding', 'content-LENGTH', 'Host', 'Connection', 'Keep-Alive', 'TE'],
      ...['Trailer', 'Upgrade', 'Cache-Control', 'Expect', 'Max-Forwards', 'Pragma', 'Range'],
      ...['If-Match', 'If-None-Match', 'If-Modified-Since', 'If-Range', 'If-Anything'],
      ...['Authorization', 'Proxy-Authorization', 'Proxy-Authenticate', 'Proxy-Connection'],
      ...['WWW-Authenticate', 'Set-Cookie', 'Cookie', 'Content-Encoding', 'Content-Type'],
      ...['Content-Range', 'X-Forwarded-For', 'X-Forwarded-Anything', 'Forwarded', 'Via'],
      ...['X-Real-IP', 'Age', 'Date', 'Expires', 'Location', 'Retry-After', 'Vary', 'Warning'],
    ];
    for (const name of dropped)
      assert.deepEqual(kept('A: 1', `${name}: 2`, 'B: 3'), ['A: 1', 'B: 3']);
    // RFC 9110 §8.8.3 and §11.6.3, RFC 9530 §2: these may be trailers.
    const free = ['ETag: "x"', 'Authentication-Info: a', 'Content-Digest: b', 'Server-Timing: c'];
    assert.deepEqual(kept(...free), free);
  });

  it('have no underscore when these are off, and none that hides a dropped name', () => {
    assert.equal(keptTrailers('a_b: 1\r\nC: 2\r\n\r\n', false), 'C: 2\r\n');
    assert.deepEqual(kept('a_b: 1', 'Content_Length: 5', 'X_Forwarded-For: x'), ['a_b: 1']);
  });

  it('are not named by Connection', () => {
    const fields = new HeaderMap();
    const trailers = 'A: 1\r\nX-B: 2\r\nC: 3\r\n';
    assert.equal(withoutConnectionNamed(trailers, fields), trailers);
    fields.append(fieldIdOf('connection'), 'Connection', 'te, x-b');
    fields.append(fieldIdOf('connection'), 'Connection', 'C');
    assert.equal(withoutConnectionNamed(trailers, fields), 'A: 1\r\n');
    assert.equal(withoutConnectionNamed('', fields), '');
  });
});
