import { WebSocket } from 'ws';
import { answerSamples } from './counting-process.ts';

// A process of its own: `ws-counter.ts PORT SYMBOLS`. The least that can be done with a frame: ws counts it.

const [port, symbols] = process.argv.slice(2);
let count = 0;
const client = new WebSocket(`ws://127.0.0.1:${port}/stream`, {
  perMessageDeflate: false,
  skipUTF8Validation: true,
});
client.on('open', () => {
  const params = symbols.split(',').map((symbol) => `${symbol.toLowerCase()}@trade`);
  client.send(JSON.stringify({ method: 'SUBSCRIBE', params, id: 1 }));
});
client.on('message', () => {
  count += 1;
});
answerSamples(() => count);
