// Two models that shall mean the same.

/**
 * What can be compared of a model, without the fields of those names and without what functions hide.
 * Of a class it is what its instances show as fields.
 */
export function comparable(
  value: unknown,
  without: ReadonlySet<string>,
  seen = new Map<object, unknown>(),
): unknown {
  if (typeof value === 'function') return 'a function';
  if (value instanceof Map) return [...value].map((entry) => comparable(entry, without, seen));
  if (value instanceof Set) return [...value];
  if (typeof value !== 'object' || value === null) return value;
  const known = seen.get(value);
  if (known !== undefined) return known;
  seen.set(value, 'again');
  // Of `add_header`, what was merged counts: it is among the settings of the client side.
  const isUnmerged = 'addedInherit' in value;
  const entries = Object.entries(value).filter(([key]) => {
    return !without.has(key) && !(isUnmerged && key.startsWith('added'));
  });
  const copy = Array.isArray(value)
    ? value.map((one) => comparable(one, without, seen))
    : Object.fromEntries(entries.map(([key, one]) => [key, comparable(one, without, seen)]));
  seen.set(value, copy);
  return copy;
}
