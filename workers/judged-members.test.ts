import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { USUAL_TRAITS } from '#src/upstream/endpoint/upstream-config.ts';
import { type ChangingUpstream, JudgedMembers } from './judged-members.ts';
import type { Outline } from './messages.ts';

/** Two upstreams; the second has a spare place. */
const OUTLINE = {
  upstreams: ['a', 'api'],
  endpoints: ['a/10.0.0.1:80', 'a/10.0.0.2:80', 'api/10.0.0.3:80', ''],
  endpointUpstreams: [0, 0, 1, 1],
  endpointTiers: [0, 1, 0, 0],
  endpointSlowStarts: [true, false, false, false],
  endpointWanted: [true, false, true, true],
} as unknown as Outline;
const PLACE = { file: 'test', line: 1, column: 1 };

function member(slot: number, name: string, admin: 'up' | 'down' = 'up') {
  const address = { kind: 'tcp', host: '10.0.0.9', port: 80 } as const;
  return { slot, admin, config: { ...USUAL_TRAITS, address, name, server: name, place: PLACE } };
}

describe('members that are judged', () => {
  it('are those of the configuration, without spare places', () => {
    const members = new JudgedMembers(OUTLINE);
    assert.deepEqual(members.of(0), [
      { endpoint: 0, tenancy: 0, name: '10.0.0.1:80', tier: 0, startsSlowly: true, isWanted: true },
      {
        endpoint: 1,
        tenancy: 0,
        name: '10.0.0.2:80',
        tier: 1,
        startsSlowly: false,
        isWanted: false,
      },
    ]);
    assert.deepEqual(
      members.of(1).map(({ endpoint, name }) => [endpoint, name]),
      [[2, '10.0.0.3:80']],
    );
    members.onTenant(0, 0, true);
    assert.equal(members.of(0).length, 2);
  });

  it('are those of the roster, anew when it has changed', () => {
    const api = { id: 1, firstEndpoint: 2, members: [member(0, 'x')] };
    const members = new JudgedMembers(OUTLINE, [api satisfies ChangingUpstream]);
    const before = members.of(1);
    assert.deepEqual(
      before.map(({ endpoint, name }) => [endpoint, name]),
      [[2, 'x']],
    );
    assert.equal(members.of(1), before);
    api.members = [member(0, 'x', 'down'), member(1, 'y')];
    members.onTenant(1, 2, false);
    members.onTenant(1, 3, true);
    assert.deepEqual(
      members
        .of(1)
        .map(({ endpoint, isWanted, name, tenancy }) => [endpoint, name, isWanted, tenancy]),
      [
        [2, 'x', false, 0],
        [3, 'y', true, 1],
      ],
    );
  });
});
