const CHANNELS: ReadonlySet<string> = new Set(['matches', 'heartbeat', 'ticker']);

export interface ProductChannel {
  readonly channel: string;
  readonly product: string;
}

export interface SubscribeRequest {
  readonly type: 'subscribe' | 'unsubscribe';
  readonly wanted: readonly ProductChannel[];
}

/** A request that is refused, whole. */
export interface Refusal {
  readonly message: string;
  readonly reason: string;
}

/** Reads a client's message: channels by name, of all `product_ids`, or as objects with products of their own. */
export function readRequest(
  text: string,
  isProduct: (product: string) => boolean,
): SubscribeRequest | Refusal {
  const message = parse(text);
  const type = message?.['type'];
  if (message === undefined || (type !== 'subscribe' && type !== 'unsubscribe')) {
    return { message: 'Malformed JSON', reason: 'Type has to be either subscribe or unsubscribe' };
  }
  const refuse = (reason: string): Refusal => ({ message: `Failed to ${type}`, reason });
  const channels = message['channels'];
  if (!Array.isArray(channels) || channels.length === 0) return refuse('No channels provided');
  const common = strings(message['product_ids']);
  const wanted = (channels as unknown[]).flatMap((channel) => productsOf(channel, common));
  const unknown = wanted.find(({ channel }) => !CHANNELS.has(channel));
  if (unknown !== undefined) return refuse(`${unknown.channel} is not a valid channel`);
  const wrong = wanted.find(({ product }) => !isProduct(product));
  if (wrong !== undefined) return refuse(`${wrong.product} is not a valid product`);
  return { type, wanted };
}

function productsOf(channel: unknown, common: readonly string[]): ProductChannel[] {
  if (typeof channel === 'string') return common.map((product) => ({ channel, product }));
  const { name, product_ids: own } = Object(channel) as Record<string, unknown>;
  const products = own === undefined ? common : strings(own);
  return products.map((product) => ({ channel: String(name), product }));
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
