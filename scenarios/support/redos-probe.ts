/**
 * First matches of patterns on 8 KB of their worst, in a process that was made ready as a proxy
 * thread is. Argument: the patterns as JSON. Prints the CPU milliseconds of each, also as JSON.
 */
import { type Evil, evilText } from '#src/pattern/evil.contract.ts';
import { compilePattern, warmPatterns } from '#src/pattern/pattern.ts';

const patterns = (JSON.parse(process.argv[2] ?? '[]') as Evil[]).map((evil) => {
  const pattern = compilePattern(evil[0], { caseless: false });
  if ('problem' in pattern) throw new Error(`${evil[0]}: ${pattern.problem}`);
  return { pattern, text: evilText(evil) };
});
warmPatterns();
const times = patterns.map(({ pattern, text }) => {
  const before = process.threadCpuUsage();
  pattern.exec(text);
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
});
console.log(JSON.stringify(times));
