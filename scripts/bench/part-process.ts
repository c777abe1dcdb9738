import type { BenchOptions } from './figures.ts';
import { PARTS } from './parts.ts';

// A process of its own: `part-process.ts NAME OPTIONS`. One part measures in a fresh process, so that what another has
// compiled or left in memory does not change its figures.

const [name, options] = process.argv.slice(2);
process.once('SIGTERM', () => process.exit(1));
const figures = await PARTS[name].run(JSON.parse(options) as BenchOptions);
process.send?.({ type: 'figures', figures }, () => process.disconnect());
