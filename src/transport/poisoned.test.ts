// The whole contract with every retired byte overwritten: what somebody still refers to shows.

import assert from 'node:assert/strict';
import { test } from 'node:test';

process.env['WEIR_POISON'] = '1'; // before the transport is loaded, which reads it once
const { itKeepsTheTransportContract } = await import('./transport.contract.ts');
const { retireSpan } = await import('./read-buffer.ts');

test('retired bytes are overwritten in this process', () => {
  const bytes = Buffer.from('secret');
  retireSpan(bytes, 1, 5);
  assert.equal(bytes.toString('latin1'), 's\xdb\xdb\xdb\xdbt');
});

for (const tier of ['fast', 'handles', 'portable'] as const)
  itKeepsTheTransportContract(tier, 'tcp');
