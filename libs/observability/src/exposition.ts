import Negotiator from 'negotiator';
import { type Metric, type OpenMetricsContentType, Registry } from 'prom-client';

/** Instruments; prom-client lets them have exemplars in a registry of this kind alone. */
export type MetricsRegistry = Registry<OpenMetricsContentType>;

export interface Exposition {
  readonly contentType: string;
  readonly body: string;
}

/** An empty registry. */
export function createMetricsRegistry(): MetricsRegistry {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  return registry;
}

const formats: Readonly<Record<string, (registry: MetricsRegistry) => Promise<Exposition>>> = {
  'text/plain': exposeText,
  'application/openmetrics-text': exposeOpenMetrics,
};

/**
 * What a registry holds, in the format that `accept`, the header of the request, likes best: OpenMetrics 1.0, which alone has
 * exemplars, or the text format 0.0.4, which promtool reads, and which is given to who does not mind.
 */
export async function expose(registry: MetricsRegistry, accept = '*/*'): Promise<Exposition> {
  // by their names alone: what scrapers say of versions and escaping differs, and either format has one version here
  const liked = new Negotiator({ headers: { accept } }).mediaTypes().find((type) => type in formats);
  return formats[liked ?? 'text/plain']!(registry);
}

// prom-client has one format a registry: the instruments are shown in another one, which costs nothing that can be measured
async function exposeText(registry: MetricsRegistry): Promise<Exposition> {
  const shown = new Registry();
  for (const metric of registry.getMetricsAsArray()) shown.registerMetric(metric as unknown as Metric);
  return { contentType: shown.contentType, body: await shown.metrics() };
}

/** There a counter's family is called without `_total`; a view of it is, for the registry would rename the counter itself. */
async function exposeOpenMetrics(registry: MetricsRegistry): Promise<Exposition> {
  const shown = createMetricsRegistry();
  for (const metric of registry.getMetricsAsArray())
    shown.registerMetric(Object.create(metric, { name: { value: metric.name.replace(/_total$/, ''), writable: true } }) as Metric);
  return { contentType: shown.contentType, body: await shown.metrics() };
}
