import { Exact } from '../decimal.ts';
import type { Big } from '../decimal.ts';
import type { InstrumentRules } from '../contract/instrument-rules.ts';
import type { OrderReasonCode, OrderRequest } from '../contract/order.ts';

/** Why an order ends, or is refused. */
export interface OrderReason {
  readonly code: OrderReasonCode;
  readonly reason: string;
}

const SIDES: readonly string[] = ['buy', 'sell'];
const TYPES: readonly string[] = ['market', 'limit', 'stop', 'stop-limit'];
const VALIDITIES: readonly string[] = ['day', 'ioc', 'gtc'];

/** What is wrong with a request by itself and by the instrument's rules; undefined: nothing. */
export function shapeRejection(
  request: OrderRequest,
  rules: InstrumentRules | undefined,
): OrderReason | undefined {
  if (rules === undefined)
    return { code: 'unknown-instrument', reason: `${request.instrument} is not among the run's instruments` };
  return malformed(request) ?? priceRejection(request, rules) ?? quantityRejection(request, rules);
}

function malformed(request: OrderRequest): OrderReason | undefined {
  const wrong = (reason: string): OrderReason => ({ code: 'invalid-order', reason });
  if (!SIDES.includes(request.side)) return wrong(`side "${request.side}" is none of ${SIDES.join(', ')}`);
  if (!TYPES.includes(request.type)) return wrong(`type "${request.type}" is none of ${TYPES.join(', ')}`);
  if (!VALIDITIES.includes(request.validity))
    return wrong(`validity "${request.validity}" is none of ${VALIDITIES.join(', ')}`);
  if (positive(request.quantity) === undefined)
    return wrong(`quantity "${request.quantity}" is not a decimal above zero`);
  const hasLimit = request.type === 'limit' || request.type === 'stop-limit';
  const hasStop = request.type === 'stop' || request.type === 'stop-limit';
  if (hasLimit !== (request.limitPrice !== null))
    return wrong(`a ${request.type} order ${hasLimit ? 'needs' : 'has no'} limit price`);
  if (hasStop !== (request.stopPrice !== null))
    return wrong(`a ${request.type} order ${hasStop ? 'needs' : 'has no'} stop price`);
  if (hasStop && request.validity === 'ioc')
    return wrong('a stop order waits for its trigger: it cannot be immediate or cancelled');
  return undefined;
}

function priceRejection(request: OrderRequest, rules: InstrumentRules): OrderReason | undefined {
  for (const [name, text] of [
    ['limit price', request.limitPrice],
    ['stop price', request.stopPrice],
  ] as const) {
    if (text === null) continue;
    const price = positive(text);
    if (price === undefined)
      return { code: 'invalid-order', reason: `${name} "${text}" is not a decimal above zero` };
    if (!price.mod(rules.tickSize).eq(0))
      return {
        code: 'price-off-tick',
        reason: `${name} ${text} is no multiple of the tick size ${rules.tickSize}`,
      };
    if (isOutside(price, rules))
      return {
        code: 'outside-bands',
        reason: `${name} ${text} is outside the day's bands ${rules.lowerBand ?? '-'} to ${rules.upperBand ?? '-'}`,
      };
  }
  return undefined;
}

function isOutside(price: Big, rules: InstrumentRules): boolean {
  return (
    (rules.lowerBand !== null && price.lt(rules.lowerBand)) ||
    (rules.upperBand !== null && price.gt(rules.upperBand))
  );
}

function quantityRejection(request: OrderRequest, rules: InstrumentRules): OrderReason | undefined {
  const quantity = new Exact(request.quantity);
  if (!quantity.mod(rules.lotSize).eq(0))
    return {
      code: 'quantity-off-lot',
      reason: `quantity ${request.quantity} is no multiple of the lot ${rules.lotSize}`,
    };
  if (rules.minQuantity !== null && quantity.lt(rules.minQuantity))
    return {
      code: 'below-minimum',
      reason: `quantity ${request.quantity} is below the least, ${rules.minQuantity}`,
    };
  return undefined;
}

function positive(text: string): Big | undefined {
  try {
    const value = new Exact(text);
    return value.gt(0) ? value : undefined;
  } catch {
    return undefined;
  }
}
