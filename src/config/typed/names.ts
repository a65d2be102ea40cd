/** The words of nginx.conf in the manner of TypeScript: `proxy_pass` ↔ `proxyPass`. */

/** `proxy_set_header` → `proxySetHeader`. */
export function camelName(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, char: string) => char.toUpperCase());
}

/** `proxySetHeader` → `proxy_set_header`. */
export function directiveName(key: string): string {
  return key.replace(/[A-Z]/g, (char) => `_${char.toLowerCase()}`);
}
