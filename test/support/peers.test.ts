import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { findPeer, PEER_PACKAGES, requirePeer } from './peers.ts';

/** Runs with PATH and WEIR_REQUIRE_PEERS set, then puts them back. */
function withEnvironment(path: string, required: string, run: () => void): void {
  const { PATH, WEIR_REQUIRE_PEERS } = process.env;
  Object.assign(process.env, { PATH: path, WEIR_REQUIRE_PEERS: required });
  try {
    run();
  } finally {
    process.env['PATH'] = PATH ?? '';
    if (WEIR_REQUIRE_PEERS === undefined) delete process.env['WEIR_REQUIRE_PEERS'];
    else process.env['WEIR_REQUIRE_PEERS'] = WEIR_REQUIRE_PEERS;
  }
}

describe('requirePeer', () => {
  it('lets a test run without its peer only by saying which package is missing', () => {
    withEnvironment('/nonexistent', '', () => {
      assert.equal(findPeer('wrk'), undefined);
      assert.deepEqual(requirePeer('wrk'), {
        skip: 'not run: wrk not installed (apt-get install wrk)',
      });
    });
  });

  it('fails where peers are required', () => {
    withEnvironment('/nonexistent', '1', () => {
      assert.throws(() => requirePeer('curl', 'wrk'), /curl, wrk not installed/);
    });
  });
});

describe('.ci/run', () => {
  it('installs every package that a test may ask for', () => {
    const script = readFileSync(resolve(import.meta.dirname, '../../.ci/run'), 'utf8');
    const words = new Set(script.split(/\s+/));
    assert.deepEqual(
      PEER_PACKAGES.filter((name) => !words.has(name)),
      [],
    );
  });
});
