import assert from 'node:assert/strict';
import { test } from 'node:test';
import { itKeepsTheTransportContract } from './transport.contract.ts';
import { createTransport, transportTier } from './transport.ts';

for (const tier of ['fast', 'handles', 'portable'] as const) {
  for (const kind of ['tcp', 'unix'] as const) itKeepsTheTransportContract(tier, kind);
}

test('this Node has the handles and the calls of the fast tier', () => {
  assert.equal(createTransport('fast').tier, 'fast');
});

test('the tier can be forced', (t) => {
  const before = process.env['WEIR_TRANSPORT'];
  t.after(() => {
    if (before === undefined) delete process.env['WEIR_TRANSPORT'];
    else process.env['WEIR_TRANSPORT'] = before;
  });
  process.env['WEIR_TRANSPORT'] = 'portable';
  assert.equal(transportTier(), 'portable');
  process.env['WEIR_TRANSPORT'] = 'handles';
  assert.equal(transportTier(), 'handles');
  process.env['WEIR_TRANSPORT'] = 'fast';
  assert.equal(transportTier(), 'fast');
  process.env['WEIR_TRANSPORT'] = 'bogus';
  assert.throws(
    transportTier,
    /^Error: WEIR_TRANSPORT=bogus: it can be fast, handles or portable$/,
  );
});
