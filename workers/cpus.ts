import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/**
 * `worker_processes auto`: CPUs this process may run on (affinity), at most what the container's
 * quota allows, rounded up. Never 0.
 */
export function usableCpus(root = ''): number {
  const quota = cgroupQuota(root);
  const allowed = availableParallelism();
  return Math.max(1, quota === undefined ? allowed : Math.min(allowed, Math.ceil(quota)));
}

/** CPUs' worth of time the tightest enclosing cgroup grants; undefined without a limit. */
export function cgroupQuota(root: string): number | undefined {
  const groups = read(`${root}/proc/self/cgroup`) ?? '';
  let least: number | undefined;
  for (const line of groups.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    for (const folder of ancestors(path)) {
      const quota =
        controllers === ''
          ? quotaOfV2(root, folder)
          : controllers.split(',').includes('cpu')
            ? quotaOfV1(root, folder, controllers)
            : undefined;
      if (quota !== undefined && (least === undefined || quota < least)) least = quota;
    }
  }
  return least;
}

/** `/a/b` → `/a/b`, `/a`, `` : a limit anywhere above holds as well. */
function ancestors(path: string): string[] {
  const folders: string[] = [];
  for (let folder = path; folder !== '/' && folder !== ''; ) {
    folders.push(folder);
    folder = folder.slice(0, folder.lastIndexOf('/'));
  }
  folders.push('');
  return folders;
}

/** cgroup v2: `cpu.max` holds `QUOTA PERIOD` or `max PERIOD`. */
function quotaOfV2(root: string, folder: string): number | undefined {
  for (const mount of ['/sys/fs/cgroup', '/sys/fs/cgroup/unified']) {
    const [quota, period] = (read(`${root}${mount}${folder}/cpu.max`) ?? '').split(/\s+/);
    const share = ratio(quota, period);
    if (share !== undefined) return share;
  }
  return undefined;
}

/** cgroup v1: `cpu.cfs_quota_us` is -1 without a limit. */
function quotaOfV1(root: string, folder: string, controllers: string): number | undefined {
  for (const mount of [`/sys/fs/cgroup/${controllers}`, '/sys/fs/cgroup/cpu']) {
    const at = `${root}${mount}${folder}`;
    const share = ratio(read(`${at}/cpu.cfs_quota_us`), read(`${at}/cpu.cfs_period_us`));
    if (share !== undefined) return share;
  }
  return undefined;
}

function ratio(quota: string | undefined, period: string | undefined): number | undefined {
  const share = Number(quota) / Number(period);
  return share > 0 && Number.isFinite(share) ? share : undefined;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
