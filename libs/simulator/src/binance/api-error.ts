/** A REST request that is refused with Binance's body `{"code":...,"msg":"..."}`. Source: errors.md of its documents. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: number;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: number, message: string, options: { status?: number; retryAfterSeconds?: number } = {}) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.status = options.status ?? 400;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

export function invalidSymbol(): ApiError {
  return new ApiError(-1121, 'Invalid symbol.');
}

export function badCombination(): ApiError {
  return new ApiError(-1128, 'Combination of optional parameters invalid.');
}

export function tooManyRequests(message: string, retryAfterSeconds: number): ApiError {
  return new ApiError(-1003, message, { status: 429, retryAfterSeconds });
}
