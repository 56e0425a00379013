/** `host:port` as people write it: a name, an IPv4 address, or an IPv6 address in brackets. */

export interface Address {
  /** Without brackets. */
  readonly host: string;
  /** As it stands there: at most five digits, and not more than that is known of it. */
  readonly port: number;
}

/** Undefined for what is none. */
export function readAddress(text: string): Address | undefined {
  const [, host, port] = /^([\w.-]+|\[[\da-fA-F:.]+\]):(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined) return undefined;
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}
