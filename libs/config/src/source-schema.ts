import { instrumentKey } from '@tickwright/market';
import { z } from 'zod';

/** Venues that a configuration may name. Whether one is available is for the application to say. */
export const VENUES = ['binance', 'simulated', 'upstox', 'coinbase', 'kraken'] as const;

/** The venues whose trades come in two streams, with id spaces of their own. */
const VENUES_WITH_STREAMS: ReadonlySet<string> = new Set(['binance', 'simulated']);

/** An instrument's key, checked; its problem is told in the words of `instrumentKey`. */
export const instrument = z.string().transform((text, context) => {
  try {
    return instrumentKey(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
    return z.NEVER;
  }
});

/** Some instruments, each once. */
export const instruments = z
  .array(instrument)
  .min(1)
  .superRefine((keys, context) => {
    for (const [index, key] of keys.entries()) {
      if (keys.indexOf(key) === index) continue;
      context.addIssue({ code: 'custom', path: [index], message: `"${key}" is listed twice` });
    }
  });

const webSocketUrl = z.url({ protocol: /^wss?$/, error: 'expected a ws:// or wss:// address' });
const httpUrl = z.url({ protocol: /^https?$/, error: 'expected an http:// or https:// address' });

/** One venue and what to take from it. */
export const source = z
  .strictObject({
    venue: z.enum(VENUES),
    instruments,
    /** binance and simulated: single trades, or those of one order and price put together. Default `trade`. */
    stream: z.enum(['trade', 'aggTrade']).optional(),
    /** upstox: how much of each instrument it sends. */
    mode: z.enum(['ltpc', 'full', 'option_greeks', 'full_d30']).optional(),
    /** upstox: what the account has paid for: with `plus` five connections instead of two, and full_d30. */
    plan: z.enum(['normal', 'plus']).optional(),
    /** Another calendar of sessions than the instruments' own: `always` for a simulated venue that never closes. */
    calendar: z.enum(['nse', 'nse-fo', 'always']).optional(),
    /** Another base address than the venue's own. */
    wsUrl: webSocketUrl.optional(),
    restUrl: httpUrl.optional(),
  })
  .superRefine(({ venue, stream, mode, plan }, context) => {
    if (stream !== undefined && !VENUES_WITH_STREAMS.has(venue)) {
      context.addIssue({
        code: 'custom',
        path: ['stream'],
        message: `venue ${venue} has no choice of streams`,
      });
    }
    if (plan !== undefined && venue !== 'upstox') {
      context.addIssue({ code: 'custom', path: ['plan'], message: `venue ${venue} has no plans` });
    }
    if (mode === 'full_d30' && plan !== 'plus') {
      context.addIssue({ code: 'custom', path: ['mode'], message: 'full_d30 needs plan: plus' });
    }
    if (mode !== undefined && venue !== 'upstox') {
      context.addIssue({ code: 'custom', path: ['mode'], message: `venue ${venue} has no modes` });
    }
  });
