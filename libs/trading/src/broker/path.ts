import type { Big } from '../decimal.ts';
import type { Order } from '../contract/order.ts';
import type { Match } from './matching.ts';

export interface Reached {
  readonly order: Order;
  readonly match: Match;
}

/**
 * The order in which the inside of one candle reaches an owner's orders. On its way from the open the price meets the nearer
 * of two orders on one side first. Which side it goes to first is not known: the one that is worse for the owner, which is
 * downwards for who is long, upwards for who is short, and for who is flat the side with a stop order.
 */
export function pessimisticPath(
  reached: readonly Reached[],
  at: { readonly open: Big; readonly held: Big },
): Reached[] {
  const down = reached
    .filter(({ match }) => match.reach.lte(at.open))
    .sort((one, other) => other.match.reach.cmp(one.match.reach));
  const up = reached
    .filter(({ match }) => match.reach.gt(at.open))
    .sort((one, other) => one.match.reach.cmp(other.match.reach));
  return goesUpFirst({ up, down, held: at.held }) ? [...up, ...down] : [...down, ...up];
}

function goesUpFirst(sides: {
  readonly up: readonly Reached[];
  readonly down: readonly Reached[];
  readonly held: Big;
}): boolean {
  if (!sides.held.eq(0)) return sides.held.lt(0);
  const hasStop = (side: readonly Reached[]) => side.some(({ match }) => match.rule === 'stop');
  return hasStop(sides.up) && !hasStop(sides.down);
}
