/** What `weir proxy` was asked for → the configuration that does it. */
import { MAX_PORT, parsePort } from '#src/base/address.ts';

/** What the command line said. */
export interface ProxyWishes {
  /** As for `server` of an upstream: `127.0.0.1:3000`, `unix:/run/app.sock`. */
  readonly endpoints: readonly string[];
  readonly port: number;
  /** The address to listen on; undefined: every one. */
  readonly address: string | undefined;
  /** The only host that is served; undefined: any. */
  readonly host: string | undefined;
}

const HOST = /^(?:[\w-]+(?:\.[\w-]+)*|\[[0-9a-f:.]+\])$/i;

/** An endpoint as `server` takes it, or in words what is wrong with it: `problem`. */
export function readEndpoint(
  text: string,
): { readonly address: string } | { readonly problem: string } {
  const wrong = (what: string) => ({ problem: `"${text}" is no endpoint: ${what}` });
  if (/^https:/i.test(text))
    return wrong('https towards endpoints is not built yet in this version');
  if (/^unix:/.test(text)) {
    const path = text.slice('unix:'.length);
    return /^\/[^\s"';{}$\\]+$/.test(path) ? { address: text } : wrong('write unix:/path');
  }
  const rest = text.replace(/^http:\/\//i, '').replace(/\/$/, '');
  if (/[/?#@]/.test(rest))
    return wrong(
      'it is a host and a port, leave the path out: that of a request goes on as it came',
    );
  const at = rest.lastIndexOf(':');
  const hasPort = at >= 0 && !rest.endsWith(']');
  const isPort = !hasPort && /^\d+$/.test(rest);
  const host = isPort ? '' : hasPort ? rest.slice(0, at) : rest;
  const port = isPort ? rest : hasPort ? rest.slice(at + 1) : '80';
  if (parsePort(port) === undefined) return wrong(`a port is a number from 1 to ${MAX_PORT}`);
  if (host === '') return rest === '' ? wrong('it is empty') : { address: `127.0.0.1:${port}` };
  return HOST.test(host) ? { address: `${host}:${port}` } : wrong('write :3000 or host:3000');
}

/** A name that may stand in `server_name`. */
export function isHostName(text: string): boolean {
  return /^(?:\*\.)?[\w-]+(?:\.[\w-]+)*$/.test(text);
}

/** An IP address that may stand in `listen`, IPv6 with or without brackets; undefined: it is none. */
export function listenAddress(text: string): string | undefined {
  if (/^\d+(?:\.\d+){3}$/.test(text) || /^[a-z][\w.-]*$/i.test(text)) return text;
  const bare = /^\[?([0-9a-f:.]*:[0-9a-f:.]*)\]?$/i.exec(text)?.[1];
  return bare === undefined ? undefined : `[${bare}]`;
}

/** The configuration, as a file would have it. */
export function proxyConf({ endpoints, port, address, host }: ProxyWishes): string {
  const listen = address === undefined ? `${port}` : `${address}:${port}`;
  const others = `
  # Other names than ${host} have nothing here.
  server {
    listen ${listen} default_server;
    return 421 "this edge serves ${host} only\\n";
  }
`;
  return `worker_processes auto;
error_log stderr notice;
# There may be several of these on one machine.
pid /dev/null;

events {
  worker_connections 4096;
}

http {
  upstream endpoints {
${endpoints.map((endpoint) => `    server ${endpoint};\n`).join('')}    keepalive 32;
  }
${host === undefined ? '' : others}
  server {
    listen ${listen};
${host === undefined ? '' : `    server_name ${host};\n`}    client_max_body_size 100m;

    location / {
      proxy_pass http://endpoints;
      proxy_set_header Host $host;
      proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $host;
      proxy_set_header X-Forwarded-Port $server_port;
    }
  }
}
`;
}
