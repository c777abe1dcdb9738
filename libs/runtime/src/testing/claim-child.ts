// A process for process-claim.test.ts: claims a name, says what came of it, and ends.
import { claimInProcess } from '../lock/process-claim.ts';

const claim = await claimInProcess({ name: String(process.argv[2]), text: 'a child' });
process.stdout.write(`${claim.kind}\n`);
if (claim.kind === 'claimed') await claim.release();
