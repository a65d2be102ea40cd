import { getSystemErrorMessage } from 'node:util';

/** `open() "/path" failed (13: Permission denied)`: a failed system call in nginx's words. */
export function openError(path: string, error: unknown): Error {
  return new Error(`open() "${path}" failed (${describeErrno(error)})`);
}

/** `13: permission denied` of an error of node:fs or node:process. */
export function describeErrno(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException;
  if (errno === undefined) return message;
  const text = getSystemErrorMessage(errno) ?? message;
  return `${-errno}: ${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
