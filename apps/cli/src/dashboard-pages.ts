import { fileURLToPath } from 'node:url';

/** Where the built pages are, when they are. */
export const PAGES = fileURLToPath(new URL('../../dashboard/dist', import.meta.url));
