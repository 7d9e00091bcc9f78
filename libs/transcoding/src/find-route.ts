import { anyMethod, type Route } from './route';

/** The route of a request with the encoded values of its variables, or the methods that its path takes instead. */
export type FoundRoute<R extends Route> = { readonly route: R; readonly variables: readonly string[] } | { readonly allowed: readonly string[] };

/** Finds the route of a request; `path` is still encoded. HEAD is answered by GET's route (RFC 9110 §9.3.2). */
export function findRoute<R extends Route>(routes: readonly R[], method: string, path: string): FoundRoute<R> {
  const matching = routes.flatMap((route) => {
    const match = route.template.pattern.exec(path);
    return match ? [{ route, variables: match.slice(1) }] : [];
  });
  const find = (wanted: string) => matching.find(({ route }) => route.httpMethod === wanted);
  return (
    find(method) ??
    (method === 'HEAD' ? find('GET') : undefined) ??
    find(anyMethod) ?? { allowed: methodsOf(path === '*' ? routes : matching.map(({ route }) => route)) }
  );
}

const methodsOf = (routes: readonly Route[]) =>
  [...new Set(routes.flatMap(({ httpMethod }) => (httpMethod === 'GET' ? ['GET', 'HEAD'] : [httpMethod])))].sort();
