import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fieldIdOf } from './field-names.ts';
import { HeaderMap, MARK_DROP } from './header-map.ts';
import {
  CONNECTION_CLOSE,
  CONNECTION_KEEP_ALIVE,
  CONNECTION_UPGRADE,
  HOP_BY_HOP_IDS,
  readConnection,
} from './hop-by-hop.ts';

function read(...lines: string[]) {
  const fields = new HeaderMap();
  for (const line of lines) {
    const [name = '', value = ''] = line.split(': ');
    fields.append(fieldIdOf(name), name, value);
  }
  const bits = readConnection(fields);
  const dropped: string[] = [];
  for (let index = 0; index < fields.count; index++) {
    if ((fields.marksAt(index) & MARK_DROP) !== 0) dropped.push(fields.nameAt(index));
  }
  return { bits, dropped };
}

describe('the Connection field', () => {
  it('says nothing when it is absent', () => {
    assert.deepEqual(read('Host: a', 'Keep-Alive: 5'), { bits: 0, dropped: [] });
  });

  it('is read in any case, as a list, and over several fields', () => {
    assert.equal(read('Connection: close').bits, CONNECTION_CLOSE);
    assert.equal(read('connection: Keep-Alive').bits, CONNECTION_KEEP_ALIVE);
    const both = CONNECTION_KEEP_ALIVE | CONNECTION_UPGRADE;
    assert.equal(read('Connection: , Upgrade ,\tkeep-alive,').bits, both);
    assert.equal(read('Connection: upgrade', 'Connection: keep-alive').bits, both);
    assert.equal(read('Connection: keep-alive', 'Connection: close').bits & 1, CONNECTION_CLOSE);
  });

  it('is no close when a token only contains the word', () => {
    assert.equal(read('Connection: x-close, closed').bits, 0);
  });

  it('has no white space but space and tab', () => {
    assert.equal(read('Connection: close\xa0').bits, 0);
    assert.equal(read('Connection: x,\t close \t').bits, CONNECTION_CLOSE);
  });

  it('takes the fields that it names out of the message, all of them', () => {
    const { dropped } = read('X-A: 1', 'Connection: x-a, X-B', 'x-b: 2', 'X-A: 3', 'X-C: 4');
    assert.deepEqual(dropped, ['X-A', 'x-b', 'X-A']);
  });

  it('cannot take away what a rule behind us relies on (CVE-2024-45410)', () => {
    const names = ['Host', 'Content-Length', 'Authorization', 'Cookie', 'Forwarded', 'Via'];
    names.push('X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'X-Real-IP');
    names.push('X-Forwarded-Port', 'X-Forwarded-Anything', 'Content-Type', 'Set-Cookie', 'Origin');
    const { dropped } = read(
      `Connection: ${names.join(', ')}`,
      ...names.map((name) => `${name}: 1`),
    );
    assert.deepEqual(dropped, []);
  });
});

describe('an intermediary', () => {
  it('forwards neither hop-by-hop fields nor the framing of the sender', () => {
    const names = [
      'connection',
      'http2-settings',
      'keep-alive',
      'proxy-connection',
      'te',
      'trailer',
    ];
    for (const name of [...names, 'upgrade', 'transfer-encoding', 'content-length']) {
      assert.ok(HOP_BY_HOP_IDS.includes(fieldIdOf(name)), name);
    }
    assert.ok(!HOP_BY_HOP_IDS.includes(0));
  });
});
