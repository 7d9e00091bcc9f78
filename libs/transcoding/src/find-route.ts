import type { Route } from './route';

/** The route of a request with the encoded values of its variables, or the methods that its path takes instead. */
export type FoundRoute = { readonly route: Route; readonly variables: readonly string[] } | { readonly allowed: readonly string[] };

/** Finds the route of a request; `path` is still encoded. HEAD is answered by GET's route (RFC 9110 §9.3.2). */
export function findRoute(routes: readonly Route[], method: string, path: string): FoundRoute {
  const matching = routes.flatMap((route) => {
    const match = route.template.pattern.exec(path);
    return match ? [{ route, variables: match.slice(1) }] : [];
  });
  const find = (wanted: string) => matching.find(({ route }) => route.httpMethod === wanted);
  return find(method) ?? (method === 'HEAD' ? find('GET') : undefined) ?? { allowed: methodsOf(path === '*' ? routes : matching.map(({ route }) => route)) };
}

const methodsOf = (routes: readonly Route[]) => [...new Set(routes.map(({ httpMethod }) => httpMethod))].sort();
