import { isDeepStrictEqual } from 'node:util';
import { DescriptorSink, ErrorLog } from '#src/base/log.ts';
import type { ErrorLogConfig } from '#src/exchange/error-log-argument.ts';
import { ErrorLogFiles } from '#src/server/error-log-files.ts';
import { openErrorLogs, reopenErrorLogs } from './log-files.ts';

/** Where the master says what it does: standard error, then what `error_log` names. */
export class MasterLog extends ErrorLog {
  #files = new ErrorLogFiles();
  #configs: readonly ErrorLogConfig[] = [];

  constructor() {
    super(new DescriptorSink(2), 'notice', process.pid, 0);
  }

  /** From now on these; the ones before when they cannot be opened, which is said there. */
  use(configs: readonly ErrorLogConfig[]): void {
    if (isDeepStrictEqual(configs, this.#configs)) return;
    const files = new ErrorLogFiles();
    try {
      const fan = openErrorLogs(files, configs);
      this.setSink(fan);
      this.level = fan.level;
    } catch (error) {
      files.close();
      this.log('emerg', `${(error as Error).message}: still writing to the old log`);
      return;
    }
    this.#files.close();
    this.#files = files;
    this.#configs = configs;
  }

  /** After USR1. */
  reopen(): void {
    reopenErrorLogs(this, this.#files);
  }
}
