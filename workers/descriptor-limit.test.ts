import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeBudget, descriptorBudget, descriptorLimit } from './descriptor-limit.ts';

test('enough descriptors: every thread takes worker_connections', () => {
  const budget = descriptorBudget(20_000, 2, 512, 18);
  assert.equal(budget.connectionCap, 512);
  assert.equal(describeBudget(budget, 512), undefined);
});

test('few descriptors: threads share what is left, and the warning says so', () => {
  const budget = descriptorBudget(256, 2, 512, 18);
  assert.equal(budget.connectionCap, 43);
  const said = describeBudget(budget, 512);
  assert.equal(said?.severity, 'warn');
  assert.match(
    said?.message ?? '',
    /^512 worker_connections exceed open file resource limit: 256 .* at most 43 connections$/,
  );
});

test('no room at all refuses the configuration', () => {
  const budget = descriptorBudget(96, 2, 512, 18);
  assert.equal(describeBudget(budget, 512)?.severity, 'emerg');
});

test('the limit of this process is known on Linux', () => {
  assert.ok(descriptorLimit().hard >= descriptorLimit().soft);
});
