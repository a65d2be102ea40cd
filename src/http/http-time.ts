/** The three forms of a time in HTTP (RFC 9110 §5.6.7), read. */

const FORMS: readonly RegExp[] = [
  /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/,
  /^[A-Z][a-z]{5,8}, \d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d GMT$/,
];
/** asctime(3), which says no zone. */
const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/;

/** Milliseconds since 1970; undefined when it is no such time. */
export function parseHttpTime(text: string): number | undefined {
  const isAsctime = ASCTIME.test(text);
  if (!isAsctime && !FORMS.some((form) => form.test(text))) return undefined;
  const ms = Date.parse(isAsctime ? `${text} GMT` : text);
  return Number.isNaN(ms) ? undefined : ms;
}
