import { timingSafeEqual } from 'node:crypto';

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]', '::1']);

export function isLoopback(host: string): boolean {
  return LOOPBACK.has(host);
}

/** The name in a Host header or an origin, without its port. */
export function hostName(authority: string): string {
  const match = /^(\[[^\]]*\]|[^:]*)(?::\d{1,5})?$/.exec(authority);
  return (match?.[1] ?? '').toLowerCase();
}

export interface AccessRules {
  /** Names under which this server may be asked: a page of another site that resolves to us has another one. */
  readonly hosts: ReadonlySet<string>;
  readonly token: string | undefined;
}

export interface Asked {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly authorization: string | undefined;
  readonly remoteAddress: string;
}

/** Why a request is refused, or undefined when it may pass. */
export function refusal(asked: Asked, rules: AccessRules): { status: 401 | 403; reason: string } | undefined {
  if (asked.host === undefined || !rules.hosts.has(hostName(asked.host))) {
    return { status: 403, reason: 'this host name is not served here' };
  }
  if (asked.origin !== undefined && !isOwnOrigin(asked.origin, rules)) {
    return { status: 403, reason: 'pages of another origin may not ask here' };
  }
  const isLocal = /^(127\.|::1$|::ffff:127\.)/.test(asked.remoteAddress);
  const needsToken = asked.method !== 'GET' || !isLocal;
  if (needsToken && !hasToken(asked.authorization, rules.token)) {
    return { status: 401, reason: 'this needs the token: send it as "Authorization: Bearer <token>"' };
  }
  return undefined;
}

function isOwnOrigin(origin: string, rules: AccessRules): boolean {
  try {
    const url = new URL(origin);
    return url.protocol.startsWith('http') && rules.hosts.has(hostName(url.host));
  } catch {
    return false;
  }
}

function hasToken(authorization: string | undefined, token: string | undefined): boolean {
  if (token === undefined || authorization === undefined) return false;
  const given = Buffer.from(authorization);
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
