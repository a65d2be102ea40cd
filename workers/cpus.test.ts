import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { cgroupQuota, usableCpus } from './cpus.ts';

function quotaWith(files: Readonly<Record<string, string>>): number | undefined {
  const root = mkdtempSync(join(tmpdir(), 'weir-cgroup-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return cgroupQuota(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

test('cgroup v2: the quota in CPUs; a parent may be tighter', () => {
  assert.equal(
    quotaWith({
      'proc/self/cgroup': '0::/pod/app\n',
      'sys/fs/cgroup/pod/app/cpu.max': '250000 100000\n',
      'sys/fs/cgroup/pod/cpu.max': '150000 100000\n',
    }),
    1.5,
  );
});

test('cgroup v2 in a container: its own group is the root', () => {
  assert.equal(
    quotaWith({ 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/cpu.max': '50000 100000\n' }),
    0.5,
  );
});

test('cgroup v1: quota and period are two files, controllers may be joined', () => {
  assert.equal(
    quotaWith({
      'proc/self/cgroup': '3:cpu,cpuacct:/docker/x\n1:name=systemd:/\n',
      'sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_quota_us': '300000\n',
      'sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_period_us': '100000\n',
    }),
    3,
  );
});

test('no limit, no files: undefined', () => {
  assert.equal(quotaWith({}), undefined);
  assert.equal(
    quotaWith({ 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/cpu.max': 'max 100000\n' }),
    undefined,
  );
  assert.equal(
    quotaWith({
      'proc/self/cgroup': '1:cpu:/\n',
      'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
      'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    }),
    undefined,
  );
});

test('there is always one CPU', () => {
  assert.ok(usableCpus() >= 1);
});
