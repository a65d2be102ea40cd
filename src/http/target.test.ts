import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { F_HOST } from './field-names.ts';
import { RequestHead } from './message.ts';
import { escapePath, normalisePath, readTarget } from './target.ts';

interface Asked {
  method?: string;
  hosts?: string[];
  minorVersion?: number;
}

function ask(target: string, { hosts = ['a.test'], method = 'GET', minorVersion = 1 }: Asked = {}) {
  const head = new RequestHead();
  head.method = method;
  head.target = target;
  head.minorVersion = minorVersion;
  for (const host of hosts) head.fields.append(F_HOST, 'Host', host);
  const failure = readTarget(head);
  const { host, originTarget, path, queryAt } = head;
  return failure ?? { host, originTarget, path, queryAt };
}

describe('a target', () => {
  it('in origin-form is a path and a query', () => {
    const asked = ask('/a/%41?b=/../c?d');
    const expected = { originTarget: '/a/%41?b=/../c?d', path: '/a/A', queryAt: 6 };
    assert.deepEqual(asked, { host: 'a.test', ...expected });
    assert.deepEqual(ask('/'), { host: 'a.test', originTarget: '/', path: '/', queryAt: -1 });
  });

  it('in absolute-form names the host, and has a path of its own', () => {
    const at = (target: string) => ask(target, { hosts: [], minorVersion: 0 });
    const expected = { host: 'b.test', originTarget: '/x?y', path: '/x', queryAt: 2 };
    assert.deepEqual(at('http://b.test/x?y'), expected);
    assert.deepEqual(at('HTTPS://B.test:8443/x?y'), expected);
    assert.deepEqual(at('http://b.test'), {
      ...expected,
      originTarget: '/',
      path: '/',
      queryAt: -1,
    });
    assert.deepEqual(at('http://b.test?y'), {
      ...expected,
      originTarget: '/?y',
      path: '/',
      queryAt: 1,
    });
  });

  it('in absolute-form agrees with Host, whatever the ports, or is refused', () => {
    assert.equal(typeof ask('http://A.test:81/'), 'object');
    assert.equal(ask('http://b.test/'), 'host_malformed');
  });

  it('is "*" for OPTIONS alone', () => {
    const expected = { host: 'a.test', originTarget: '*', path: '*', queryAt: -1 };
    assert.deepEqual(ask('*', { method: 'OPTIONS' }), expected);
    assert.equal(ask('*'), 'request_target_malformed');
  });

  it('is not for CONNECT and TRACE', () => {
    assert.equal(ask('a.test:443', { method: 'CONNECT' }), 'method_not_allowed');
    assert.equal(ask('/', { method: 'TRACE' }), 'method_not_allowed');
  });

  const malformed = [
    'a',
    '?a',
    '//../..',
    '/..',
    '/a/../..',
    '/%',
    '/%4',
    '/%zz',
    '/%00',
    '/a%2f..%2f..',
  ];
  malformed.push(
    'http://',
    'http:///x',
    'http://u@b.test/',
    'ftp://b.test/',
    'http://b.test#/',
    'http:/x',
  );
  for (const target of malformed) {
    it(`is not ${target}`, () => assert.equal(ask(target), 'request_target_malformed'));
  }
});

describe('Host', () => {
  it('is there exactly once in 1.1, and may be missing in 1.0', () => {
    assert.equal(ask('/', { hosts: [] }), 'host_missing');
    assert.equal(ask('/', { hosts: ['a.test', 'a.test'] }), 'host_repeated');
    assert.equal(ask('/', { hosts: ['a', 'a'], minorVersion: 0 }), 'host_repeated');
    assert.equal(typeof ask('/', { hosts: [], minorVersion: 0 }), 'object');
  });

  const hosts: Record<string, string> = {
    'a.test': 'a.test',
    'A.Test.:8080': 'a.test',
    'a.test:': 'a.test',
    '127.0.0.1:80': '127.0.0.1',
    '[::1]:80': '[::1]',
    '[FE80::1]': '[fe80::1]',
    'a_b.test': 'a_b.test',
  };
  for (const [value, host] of Object.entries(hosts)) {
    it(`${value} is ${host}, each time`, () => {
      for (let time = 0; time < 2; time++) {
        const asked = ask('/', { hosts: [value] });
        assert.equal(typeof asked === 'object' && asked.host, host);
      }
    });
  }

  const bad = [
    'a b',
    'a/b',
    'a@b',
    'a,b',
    'a:b',
    'a:99999',
    'a:80:80',
    '[::1',
    '::1',
    'a\\b',
    'a#',
    'a"',
  ];
  for (const value of [
    ...bad.filter((one) => one !== 'a,b'),
    'é.test',
    `${'a'.repeat(300)}.test`,
  ]) {
    it(`${value.slice(0, 20)} is refused, each time`, () => {
      for (let time = 0; time < 2; time++) {
        assert.equal(ask('/', { hosts: [value] }), 'host_malformed');
      }
    });
  }
});

describe('a path', () => {
  const paths: Record<string, string | undefined> = {
    '/': '/',
    '/a/b': '/a/b',
    '/a//b': '/a/b',
    '//': '/',
    '/a/./b/.': '/a/b/',
    '/a/../b': '/b',
    '/a/b/..': '/a/',
    '/a/b/../': '/a/',
    '/a/..': '/',
    '/.../..a/.b': '/.../..a/.b',
    '/%2e%2E/': undefined,
    '/a/%2e%2e/b': '/b',
    '/a%2Fb': '/a/b',
    '/%252e': '/%2e',
    '/%3F%23': '/?#',
    '/a/../../b': undefined,
  };
  for (const [raw, path] of Object.entries(paths)) {
    it(`${raw} is ${path}`, () => assert.equal(normalisePath(raw), path));
  }

  it('is the same string when there is nothing to do', () => {
    assert.equal(normalisePath('/a/b.c/d-e'), '/a/b.c/d-e');
  });

  it('is escaped as nginx escapes it', () => {
    assert.equal(escapePath('/a b%?#\x7f\xe9"<>~'), '/a%20b%25%3F%23%7F%E9"<>~');
  });
});
