import type { Route } from './route.ts';

/** The OpenAPI 3.1 document of a list of routes. */
export function openApiDocument(info: { title: string; version: string }, routes: readonly Route[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const operations = (paths[route.path] ??= {});
    operations[route.method.toLowerCase()] = {
      summary: route.summary,
      parameters: [...pathParameters(route), ...queryParameters(route)],
      ...(route.body === undefined
        ? {}
        : { requestBody: { required: true, content: { 'application/json': { schema: route.body } } } }),
      responses: {
        '200': { description: 'the answer, as JSON' },
        '400': { description: 'a parameter is wrong: which, and the rule' },
        ...(route.method === 'POST' ? { '401': { description: 'the token is missing or wrong' } } : {}),
      },
    };
  }
  return { openapi: '3.1.0', info, paths };
}

function pathParameters(route: Route): object[] {
  return [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => ({
    name: match[1],
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters(route: Route): object[] {
  return Object.entries(route.query ?? {}).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: route.required?.includes(name) ?? false,
    description,
    schema,
  }));
}
