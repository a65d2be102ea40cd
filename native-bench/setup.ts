/** How a workload sets up the proxy under test and the generator. */
import {
  configurationOf,
  originSocket,
  type ProxySettings,
  type RunningProcess,
} from '#native-bench/baselines/proxies.ts';
import type { WrkOptions } from '#native-bench/load/wrk.ts';
import type { Placement, Workload } from './workloads.ts';

/** Where a placement puts the proxy, and generator and origin, as taskset takes it. */
export const CORES: Readonly<Record<Placement, { proxy: string; load: string }>> = {
  apart: { proxy: '0', load: '1' },
  together: { proxy: '0,1', load: '0,1' },
};

/** How a proxy is started for a workload in front of the fast origin. */
export function settingsFor(
  workload: Workload,
  origin: RunningProcess,
  threads: number,
): ProxySettings {
  return {
    threads,
    core: CORES[workload.placement].proxy,
    originPort: origin.port,
    originSocket: workload.upstream === 'unix' ? originSocket(origin) : undefined,
    accessLog: workload.accessLog,
    buffers: workload.buffers,
  };
}

/** The load of a workload on a proxy. */
export function wrkOptions(proxy: RunningProcess, workload: Workload, seconds: number): WrkOptions {
  const { path, heads, connections, close, sendBytes, placement } = workload;
  const url = `http://127.0.0.1:${proxy.port}${path}`;
  return { url, seconds, connections, heads, close, sendBytes, core: CORES[placement].load };
}

/** What is filled in where the configuration says `@NAME@`. */
export interface ConfigurationNames {
  readonly DIRECTORY: string;
  readonly THREADS: string;
  readonly PORT: string;
  /** An address as in `server` of an upstream. */
  readonly ORIGIN: string;
  /** The words of `access_log`. */
  readonly ACCESS_LOG: string;
  /** Directives for buffers, or nothing. */
  readonly BUFFERS: string;
}

/**
 * The configuration that Weir is measured with (baselines/nginx.conf), for measurements that do not
 * start it with `startProxy`.
 */
export function weirConfiguration(names: ConfigurationNames): string {
  return configurationOf('weir', { ...names });
}
