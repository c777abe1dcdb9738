/** network: nobody there. timeout: too slow. status: it refused, and said why. answer: what came makes no sense. */
export type ApiErrorKind = 'network' | 'timeout' | 'status' | 'answer';

export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly kind: ApiErrorKind;
  readonly status: number | undefined;

  constructor(options: { kind: ApiErrorKind; message: string; status?: number; cause?: unknown }) {
    super(options.message, { cause: options.cause });
    this.kind = options.kind;
    this.status = options.status;
  }

  /** Whether the same question may be answered later. */
  get isPassing(): boolean {
    return this.kind === 'network' || this.kind === 'timeout' || this.status === 503 || this.status === 429;
  }
}

/** What failed, for people. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
