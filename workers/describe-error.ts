/** One line about an exception: what it says and where it came from. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const [first = ''] = frames.filter((line) => !line.includes('node:'));
  const text = `${error.name}: ${error.message}`.replace(/\s+/g, ' ');
  return first === '' ? text : `${text} (${first.trim()})`;
}
