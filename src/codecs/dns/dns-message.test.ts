import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Asked, answer, nameBytes, type Row } from '#test/support/scripted-dns.ts';
import { type DnsQuestion, decodeAnswer, encodeQuestion, isDnsName } from './dns-message.ts';

const A: DnsQuestion = { name: 'app.test', type: 'A' };
const ASKED: Asked = { id: 7, name: 'app.test', type: 'A', way: 'udp' };

function records(rows: readonly Row[], question: DnsQuestion = A) {
  return decodeAnswer(answer({ ...ASKED, ...question }, rows), 7, question);
}

test('a question is one question, with recursion desired', () => {
  const message = encodeQuestion(0x1234, { name: '_http._tcp.app.test', type: 'SRV' });
  const name = nameBytes('_http._tcp.app.test').toString('hex');
  assert.equal(message.toString('hex'), `1234010000010000000000` + `00${name}00210001`);
});

test('names that no message can carry are told apart', () => {
  assert.equal(isDnsName('a.b-c.d_e'), true);
  for (const name of [
    '',
    'a..b',
    '.a',
    `${'a'.repeat(64)}.b`,
    `${'a.'.repeat(127)}a`,
    'a b',
    'ä',
  ]) {
    assert.equal(isDnsName(name), false, name);
  }
});

test('addresses, each once, with the smallest TTL', () => {
  const answered = records([
    { type: 'A', data: '10.0.0.2', ttlSec: 30 },
    { type: 'A', data: '10.0.0.1', ttlSec: 20 },
    { type: 'A', data: '10.0.0.2', ttlSec: 30 },
    { type: 'A', data: '10.9.9.9', ttlSec: 1, name: 'other.test' },
  ]);
  const addresses = ['10.0.0.2', '10.0.0.1'];
  assert.deepEqual(answered, { kind: 'records', addresses, services: [], ttlSec: 20 });
});

test('IPv6 addresses as RFC 5952 writes them', () => {
  const texts = [
    '::',
    '::1',
    '1::',
    '2001:db8::1',
    '2001:db8:0:1:1:1:1:1',
    '1:0:0:2::3',
    '1::2:0:0:3',
  ];
  const question = { name: 'app.test', type: 'AAAA' } as const;
  const answered = records(
    texts.map((data) => ({ type: 'AAAA', data })),
    question,
  );
  assert.deepEqual(answered.kind === 'records' && answered.addresses, [
    ...texts.slice(0, 6),
    '1::2:0:0:3',
  ]);
});

test('aliases are followed whatever the order; the smallest TTL counts', () => {
  const answered = records([
    { type: 'A', data: '10.0.0.1', name: 'c.test', ttlSec: 50 },
    { type: 'CNAME', data: 'C.test', name: 'b.test', ttlSec: 5 },
    { type: 'CNAME', data: 'b.test', ttlSec: 90 },
  ]);
  assert.deepEqual(answered, { kind: 'records', addresses: ['10.0.0.1'], services: [], ttlSec: 5 });
  const open = records([{ type: 'CNAME', data: 'b.test', ttlSec: 90 }]);
  assert.deepEqual(open, { kind: 'alias', name: 'b.test', ttlSec: 90 });
});

test('aliases in a circle are malformed', () => {
  const circle = records([
    { type: 'CNAME', data: 'b.test' },
    { type: 'CNAME', data: 'app.test', name: 'b.test' },
  ]);
  assert.deepEqual(circle, { kind: 'malformed', why: 'aliases without an end' });
});

test('services', () => {
  const question = { name: '_http._tcp.app.test', type: 'SRV' } as const;
  const answered = records([{ type: 'SRV', data: '10 5 8080 Web.app.test' }], question);
  assert.deepEqual(answered.kind === 'records' && answered.services, [
    { priority: 10, weight: 5, port: 8080, target: 'web.app.test' },
  ]);
});

test('a TTL with the highest bit is 0', () => {
  const answered = records([{ type: 'A', data: '10.0.0.1', ttlSec: 0x8000_0001 }]);
  assert.equal(answered.kind === 'records' && answered.ttlSec, 0);
});

test('refusals, truncation, nothing at all', () => {
  const head = (given: Parameters<typeof answer>[2]) =>
    decodeAnswer(answer(ASKED, [], given), 7, A);
  assert.deepEqual(head({ rcode: 3 }), { kind: 'refused', rcode: 3 });
  assert.deepEqual(head({ isTruncated: true }), { kind: 'truncated' });
  const none = { kind: 'records', addresses: [], services: [], ttlSec: Number.POSITIVE_INFINITY };
  assert.deepEqual(head({}), none);
  assert.deepEqual(decodeAnswer(answer(ASKED, [], { isTruncated: true }), 7, A, 'stream'), none);
  const short = Buffer.from('000780050000000000000000', 'hex');
  assert.deepEqual(decodeAnswer(short, 7, A), { kind: 'refused', rcode: 5 });
  short[3] = 3;
  assert.deepEqual(decodeAnswer(short, 7, A), { kind: 'foreign' });
});

test('what answers something else is foreign', () => {
  const row: Row = { type: 'A', data: '10.0.0.1' };
  const foreign = [
    answer(ASKED, [row], { id: 8 }),
    answer(ASKED, [row], { question: { name: 'app.tesu', type: 'A' } }),
    answer(ASKED, [row], { question: { name: 'app.test', type: 'AAAA' } }),
    encodeQuestion(7, A),
    Buffer.alloc(0),
    answer(ASKED, [row]).subarray(0, 20),
  ];
  for (const message of foreign) assert.deepEqual(decodeAnswer(message, 7, A), { kind: 'foreign' });
});

test('the case of letters does not matter', () => {
  const message = answer(ASKED, [], { question: { name: 'App.TEST', type: 'A' } });
  assert.equal(decodeAnswer(message, 7, A).kind, 'records');
});

test('pointers that do not go back, lengths that lie, names that are too long: malformed', () => {
  const bad = (hex: string) => {
    return decodeAnswer(answer(ASKED, [], { raw: Buffer.from(hex, 'hex'), count: 1 }), 7, A).kind;
  };
  const at = 12 + nameBytes('app.test').length + 4;
  assert.equal(bad(`c0${at.toString(16)}`), 'malformed'); // to itself
  assert.equal(bad('c0ff'), 'malformed'); // ahead
  assert.equal(bad('c000'), 'malformed'); // into the header
  assert.equal(bad('80'), 'malformed'); // an unknown kind of label
  assert.equal(bad('3f6161'), 'malformed'); // a label that ends behind the message
  assert.equal(bad('c00c0001000100000001000500000000'), 'malformed'); // data behind the end
  assert.equal(bad('c00c00010001000000010003000000'), 'malformed'); // three bytes of address
  assert.equal(bad('00'), 'malformed');
  const long = nameBytes(`${'a'.repeat(63)}.`.repeat(5)).toString('hex');
  assert.equal(bad(`${long}0001000100000001000400000000`), 'malformed');
  assert.equal(bad(''), 'malformed'); // the count promises more than there is
});

test('a message of 64 KiB full of records is read whole', () => {
  const rows = Array.from({ length: 4_090 }, (_, i): Row => {
    return { type: 'A', data: `10.0.${i >> 8}.${i & 255}` };
  });
  const answered = records(rows);
  assert.equal(answered.kind === 'records' && answered.addresses.length, 4_090);
});

test('no bytes make it throw', () => {
  const whole = answer(ASKED, [
    { type: 'CNAME', data: 'b.test' },
    { type: 'A', data: '10.0.0.1', name: 'b.test' },
  ]);
  for (let end = 0; end <= whole.length; end++) decodeAnswer(whole.subarray(0, end), 7, A);
  for (let at = 0; at < whole.length; at++) {
    for (let value = 0; value < 256; value++) {
      const changed = Buffer.from(whole);
      changed[at] = value;
      decodeAnswer(changed, 7, A);
    }
  }
});
