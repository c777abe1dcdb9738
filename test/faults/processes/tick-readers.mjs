// So many clients that read all ticks of an instrument over HTTP, each again when it has them, until standard input ends;
// then prints how many answers were read.
import { Agent, get } from 'node:http';

const [url = '', count = '1'] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: Number(count) });

function read() {
  return new Promise((resolve) => {
    get(`${url}/api/v1/ticks?instrument=${encodeURIComponent('SIM|ALPHA')}`, { agent }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode === 200)).on('error', () => resolve(false));
    }).on('error', () => resolve(false));
  });
}

const over = new AbortController();
let answers = 0;
process.stdin
  .on('end', () => {
    over.abort();
    process.stdout.write(JSON.stringify({ answers }), () => process.exit(0));
  })
  .resume();
async function client() {
  while (!over.signal.aborted) if (await read()) answers += 1;
}
await Promise.all(Array.from({ length: Number(count) }, client));
