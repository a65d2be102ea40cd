import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorLog, type LogSink, logTime } from './log.ts';

class Lines implements LogSink {
  readonly lines: string[] = [];
  write(line: string): void {
    this.lines.push(line);
  }
}

test('a line has time, level, pid and thread', () => {
  const sink = new Lines();
  new ErrorLog(sink, 'error', 12, 3).error('upstream gone');
  assert.match(
    sink.lines[0] ?? '',
    /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[error\] 12#3: upstream gone\n$/,
  );
});

test('quieter levels are not written', () => {
  const sink = new Lines();
  const log = new ErrorLog(sink, 'warn', 1, 0);
  log.notice('no');
  log.warn('yes');
  log.log('emerg', 'yes');
  assert.equal(sink.lines.length, 2);
  assert.deepEqual([log.isOn('info'), log.isOn('crit')], [false, true]);
});

test('what a peer sent cannot start a line of its own', () => {
  const sink = new Lines();
  new ErrorLog(sink, 'error', 1, 0).error('a\nb\r\x1b[31m');
  assert.match(sink.lines[0] ?? '', /: a\\x0Ab\\x0D\\x1B\[31m\n$/);
});

test('time is local and padded', () => {
  assert.equal(logTime(new Date(2026, 0, 2, 3, 4, 5)), '2026/01/02 03:04:05');
});
