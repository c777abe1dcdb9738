import { MODES } from './feed-messages.ts';
import type { Mode } from './feed-messages.ts';

/** What a client asks for. */
export interface FeedRequest {
  readonly method: 'sub' | 'change_mode' | 'unsub';
  readonly mode: Mode;
  readonly keys: readonly string[];
}

/** `{"guid":"..","method":"sub","data":{"mode":"full","instrumentKeys":[..]}}`; a text says what is wrong with it. */
export function parseFeedRequest(text: string): FeedRequest | string {
  const message = parsed(text);
  const method = (['sub', 'change_mode', 'unsub'] as const).find((each) => each === message?.['method']);
  if (message === undefined || method === undefined) return 'expected a method: sub, change_mode or unsub';
  const { data } = message;
  const fields = typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {};
  const mode = MODES.find((each) => each === (fields['mode'] ?? 'ltpc'));
  const keys = fields['instrumentKeys'];
  if (mode === undefined) return `unknown mode ${String(fields['mode'])}`;
  if (typeof message['guid'] !== 'string' || message['guid'] === '') return 'expected a guid';
  if (!Array.isArray(keys) || keys.length === 0 || !keys.every((key) => typeof key === 'string')) {
    return 'expected instrumentKeys';
  }
  return { method, mode, keys };
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
