/**
 * The engine was used wrongly: events out of order, none to begin with, a configuration that cannot be. Nothing was changed; trying again cannot help.
 */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code: 'sequence' | 'time' | 'not-started' | 'config';

  constructor(code: EngineError['code'], message: string) {
    super(message);
    this.code = code;
  }
}
