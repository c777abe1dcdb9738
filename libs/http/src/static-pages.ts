import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { gzipSync } from 'node:zlib';

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  json: 'application/json; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
  png: 'image/png',
};

/** Files whose names hold the hash of their contents. */
const HASHED = '/assets/';

/** Built pages: few and small, so that they are read once and served from memory. */
export interface PagesOptions {
  /** Folder of `<name>.html` files and what they load. */
  readonly folder: string;
  /** Where `/` leads. */
  readonly home: string;
  /** Whether there is such a thing: `instrument` with `NSE_EQ|INE...`. The page is then sent with 404 and says so. */
  readonly isKnown?: (page: string, rest: string) => boolean;
}

export interface StaticAnswer {
  readonly status: 200 | 302 | 304 | 404 | 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
}

interface StaticFile {
  readonly body: Buffer;
  readonly zipped: Buffer | undefined;
  readonly etag: string;
  readonly type: string;
}

export interface StaticRequest {
  /** The path as it came, still encoded, without its query. */
  readonly path: string;
  readonly etag: string | undefined;
  readonly wantsHtml: boolean;
  readonly takesGzip: boolean;
}

/** Answers from a table of what was in the folder: a path that is not in it can lead nowhere. */
export class StaticPages {
  readonly #files: ReadonlyMap<string, StaticFile>;
  readonly #options: PagesOptions;

  constructor(files: ReadonlyMap<string, StaticFile>, options: PagesOptions) {
    this.#files = files;
    this.#options = options;
  }

  /** Undefined when nothing here has this path and the asker wants no page. */
  answer(request: StaticRequest): StaticAnswer | undefined {
    const { home } = this.#options;
    if (request.path === '/')
      return { status: 302, headers: { location: home, 'cache-control': 'no-cache' }, body: '' };
    if (this.#files.size === 0) return request.path.startsWith('/api/') ? undefined : NOT_BUILT;
    const file = request.path.endsWith('.html') ? undefined : this.#files.get(request.path);
    if (file !== undefined) return sent(file, request, 200);
    const [, name = '', ...rest] = request.path.split('/');
    const page = /^[a-z]+$/.test(name) ? this.#files.get(`/${name}.html`) : undefined;
    if (page !== undefined && name !== '404' && this.#takes(name, rest)) {
      return sent(page, request, this.#isKnown(name, rest) ? 200 : 404);
    }
    const missing = this.#files.get('/404.html');
    return request.wantsHtml && missing !== undefined ? sent(missing, request, 404) : undefined;
  }

  /** `/instrument/<key>` has a rest, the other pages have none. */
  #takes(name: string, rest: readonly string[]): boolean {
    if (name === 'instrument') return rest.length > 0;
    return rest.length === 0 || (rest.length === 1 && rest[0] === '');
  }

  #isKnown(name: string, rest: readonly string[]): boolean {
    if (rest.length === 0 || this.#options.isKnown === undefined) return true;
    try {
      return this.#options.isKnown(name, decodeURIComponent(rest.join('/')));
    } catch {
      return false;
    }
  }
}

const NOT_BUILT: StaticAnswer = {
  status: 503,
  headers: { 'content-type': TYPES['txt'] ?? '', 'cache-control': 'no-store' },
  body: 'The pages are not built. Run: npm run build\nThe API is there: /api/v1/openapi.json\n',
};

function sent(file: StaticFile, request: StaticRequest, status: 200 | 404): StaticAnswer {
  const isHashed = request.path.startsWith(HASHED);
  const headers: Record<string, string> = {
    'content-type': file.type,
    'cache-control': isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    etag: file.etag,
    vary: 'accept-encoding',
  };
  if (status === 200 && request.etag === file.etag) return { status: 304, headers, body: '' };
  if (file.zipped === undefined || !request.takesGzip) return { status, headers, body: file.body };
  return { status, headers: { ...headers, 'content-encoding': 'gzip' }, body: file.zipped };
}

/** Reads all files of the folder. An absent folder is no error: the API works without pages, and the answer says so. */
export async function loadPages(options: PagesOptions): Promise<StaticPages> {
  const files = new Map<string, StaticFile>();
  for (const name of await names(options.folder)) {
    const type = TYPES[name.slice(name.lastIndexOf('.') + 1)];
    if (type === undefined) continue;
    const body = await readFile(join(options.folder, name));
    const zipped = body.length > 1_024 && !name.endsWith('.png') ? gzipSync(body) : undefined;
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
    files.set(`/${name.split(sep).join('/')}`, { body, zipped, etag, type });
  }
  return new StaticPages(files, options);
}

async function names(folder: string): Promise<string[]> {
  try {
    return await readdir(folder, { recursive: true });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
