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

  it('in absolute-form agrees with Host in name and port, or is refused', () => {
    const agree = (target: string, host: string) => ask(target, { hosts: [host] });
    for (const [target, host] of [
      ['http://A.test/', 'a.test:80'],
      ['http://a.test:80/', 'a.test'],
      ['https://a.test/', 'a.test:443'],
      ['https://a.test:/', 'A.test.'],
      ['http://[::1]:8080/', '[::1]:8080'],
    ] as const) {
      assert.equal(typeof agree(target, host), 'object', `${target} ${host}`);
    }
    for (const [target, host] of [
      ['http://b.test/', 'a.test'],
      ['http://a.test:81/', 'a.test'],
      ['http://a.test/', 'a.test:81'],
      ['http://a.test:443/', 'a.test'],
      ['https://a.test/', 'a.test:80'],
      ['http://[::1]/', '[::1]:81'],
    ] as const) {
      assert.equal(agree(target, host), 'host_malformed', `${target} ${host}`);
    }
  });

  it('is "*" for OPTIONS alone', () => {
    const expected = { host: 'a.test', originTarget: '*', path: '*', queryAt: -1 };
    assert.deepEqual(ask('*', { method: 'OPTIONS' }), expected);
    assert.deepEqual(ask('http://a.test', { method: 'OPTIONS' }), expected);
    const root = { ...expected, originTarget: '/', path: '/' };
    assert.deepEqual(ask('http://a.test/', { method: 'OPTIONS' }), root);
    const query = { ...root, originTarget: '/?x', queryAt: 1 };
    assert.deepEqual(ask('http://a.test?x', { method: 'OPTIONS' }), query);
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
    '[::ffff:1.2.3.4]': '[::ffff:1.2.3.4]',
    'a_b.test': 'a_b.test',
    "a-b.x~!$&'()*+;=z": "a-b.x~!$&'()*+;=z",
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
    '',
    ':80',
    '.',
    '.a',
    'a..b',
    'a..',
    '..',
    'a%2eb',
    '[]',
    '[:]',
    '[1.2.3.4]',
    '[1::2::3]',
    '[::1]a',
    'a[::1]',
  ];
  for (const value of [...bad, 'é.test', `${'a'.repeat(300)}.test`]) {
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

  const hiding: Record<string, string> = {
    'a backslash': '/a/..\\b /a\\..\\b /a\\../b /a%5c..%5cb /\\..',
    'an escape decoded twice': '/a/%252e%252e/b /a%252f..%252fb /a/.%252e /a/%252e./%5c',
    'UTF-8 longer than needed':
      '/a/\xc0\xae\xc0\xae/b /a/%c0%ae%c0%ae/b /a/..%c0%afb /a/..%e0%80%af /a%c1%9c..%c1%9cb',
    'a parameter behind the dots': '/a/..;/b /a/..;x=y/b /a/..%3b/b',
    'all of it': '/a%255c%c0%ae.;',
  };
  for (const [how, paths] of Object.entries(hiding)) {
    it(`does not hide a parent directory behind ${how}`, () => {
      for (const raw of paths.split(' ')) assert.equal(normalisePath(raw), undefined, raw);
    });
  }

  it('may have what hides nothing', () => {
    for (const [raw, path] of Object.entries({
      '/a\\b': '/a\\b',
      '/a%5C.b': '/a\\.b',
      '/\xc3\xa9': '/\xc3\xa9',
      '/%C3%A9': '/\xc3\xa9',
      '/a..;b': '/a..;b',
      '/..a;b': '/..a;b',
      '/%2541': '/%41',
      '/%25zz': '/%zz',
      '/...%252f': '/...%2f',
    })) {
      assert.equal(normalisePath(raw), path, raw);
    }
  });

  it('is the same string when there is nothing to do', () => {
    assert.equal(normalisePath('/a/b.c/d-e'), '/a/b.c/d-e');
  });

  it('is escaped as nginx escapes it', () => {
    assert.equal(escapePath('/a b%?#\x7f\xe9"<>~'), '/a%20b%25%3F%23%7F%E9%22%3C%3E~');
  });
});
