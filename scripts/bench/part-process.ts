import { killChildren } from './children.ts';
import type { BenchOptions } from './figures.ts';
import { PARTS } from './parts.ts';
import { removeFolders } from './temporary-folder.ts';

// A process of its own: `part-process.ts NAME OPTIONS`. One part measures in a fresh process, so that what another has
// compiled or left in memory does not change its figures.

const [name, options] = process.argv.slice(2);
const stop = (): void => {
  killChildren();
  removeFolders();
  process.exit(1);
};
for (const signal of ['SIGINT', 'SIGTERM', 'disconnect']) process.once(signal, stop);
const figures = await PARTS[name].run(JSON.parse(options) as BenchOptions);
process.send?.({ type: 'figures', figures }, () => {
  process.off('disconnect', stop);
  process.disconnect();
});
