import type { Clock } from '@tickwright/runtime';
import { TokenRefusedError } from '../errors.ts';
import type { AccessState, TokenSource } from '../token.ts';
import { nextIndiaTime } from './times.ts';

/** An access token's day ends at 03:30 in India. Source: facts, Token. */
const TOKEN_END_MICROS = 3.5 * 3_600_000_000;
const RENEW = 'renew it with: tickwright token upstox';

/** One account: its token, and what the venue says of it. Shared by the streams and the history of one token source. */
export class UpstoxAccess {
  readonly #tokens: TokenSource | undefined;
  readonly #clock: Clock;
  #state: AccessState['state'] = 'unknown';
  #sinceMicros: number;
  #expiresMicros = 0;
  #known: string | undefined;

  constructor(tokens: TokenSource | undefined, clock: Clock) {
    this.#tokens = tokens;
    this.#clock = clock;
    this.#sinceMicros = clock.nowMicros();
  }

  /** The token as of now. Rejects with a TokenRefusedError when there is none. */
  async token(): Promise<string> {
    const token = await this.#tokens?.read();
    if (token === undefined) {
      this.#enter('missing');
      throw new TokenRefusedError(
        `upstox wants a token and there is none: set TICKWRIGHT_UPSTOX_TOKEN, or ${RENEW}`,
      );
    }
    if (token !== this.#known) {
      this.#known = token;
      this.#expiresMicros = tokenExpiryMicros(token, this.#clock.nowMicros());
    }
    return token;
  }

  /** The headers of a request. Rejects as `token` does. */
  async headers(): Promise<Record<string, string>> {
    return { Authorization: `Bearer ${await this.token()}`, Accept: 'application/json' };
  }

  accepted(): void {
    this.#enter('accepted');
  }

  /** What an HTTP status says of the token; undefined for one that says nothing of it. */
  refusal(status: number): TokenRefusedError | undefined {
    if (status !== 401 && status !== 403) return undefined;
    this.#enter('refused');
    if (this.#known !== undefined) this.#tokens?.refused(this.#known);
    const also = status === 403 ? ', or the account has as many connections as it may' : '';
    return new TokenRefusedError(`token refused: upstox answered HTTP ${status}${also}; ${RENEW}`);
  }

  onRenewed(listener: () => void): () => void {
    return this.#tokens?.onRenewed(listener) ?? (() => {});
  }

  get state(): AccessState {
    const nowMicros = this.#clock.nowMicros();
    const isOver = this.#state === 'accepted' && this.#expiresMicros <= nowMicros;
    const state = isOver ? 'expired' : this.#state;
    return {
      state,
      expiresMicros: this.#expiresMicros,
      sinceMicros: isOver ? this.#expiresMicros : this.#sinceMicros,
      reason: state === 'accepted' || state === 'unknown' ? '' : `token ${state}: ${RENEW}`,
    };
  }

  #enter(state: AccessState['state']): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#sinceMicros = this.#clock.nowMicros();
  }
}

/**
 * When a token's time is over, microseconds UTC: what it says itself, as a JWT does (an extended token lives a year), or
 * else the next 03:30 in India. Nothing of it is checked here, the venue does that.
 */
export function tokenExpiryMicros(token: string, nowMicros: number): number {
  const [, body = ''] = token.split('.');
  try {
    const claims: unknown = JSON.parse(Buffer.from(body, 'base64url').toString());
    if (typeof claims === 'object' && claims !== null && 'exp' in claims && Number.isInteger(claims.exp)) {
      return Number(claims.exp) * 1_000_000;
    }
  } catch {
    // Not a JWT: its day ends as all do.
  }
  return nextIndiaTime(nowMicros, TOKEN_END_MICROS);
}

const byTokens = new WeakMap<TokenSource, UpstoxAccess>();

/** The account of a token source; one of its own, that is always refused, where there is none. */
export function accessOf(tokens: TokenSource | undefined, clock: Clock): UpstoxAccess {
  if (tokens === undefined) return new UpstoxAccess(undefined, clock);
  const known = byTokens.get(tokens) ?? new UpstoxAccess(tokens, clock);
  byTokens.set(tokens, known);
  return known;
}
